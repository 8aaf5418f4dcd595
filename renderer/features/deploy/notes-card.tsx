import { useTranslation } from 'react-i18next';
import type { DeployNote } from '../../../server/contract/deploy.ts';
import { Card, CardRow } from '../../ui/card.tsx';
import { StateDot } from '../../ui/state-dot.tsx';

/** What a person has to know or do beside the files. */
export function NotesCard({ notes }: { notes: readonly DeployNote[] }) {
  const { t } = useTranslation();
  if (notes.length === 0) return null;
  return (
    <Card title={t('deploy.notes.title')} aside={String(notes.length)}>
      {notes.map(({ code, subject = '' }) => (
        <CardRow
          key={`${code} ${subject}`}
          lead={<StateDot tone="warn" />}
          title={t(`deploy.notes.${code}`, { subject, interpolation: { escapeValue: false } })}
        />
      ))}
    </Card>
  );
}
