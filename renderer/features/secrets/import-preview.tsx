import { useTranslation } from 'react-i18next';
import type { EnvImportEntry, EnvImportPreview } from '../../../server/contract/env-import.ts';
import { Checkbox } from '../../ui/checkbox.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Cell, HeadCell, Row, Table } from '../../ui/table.tsx';

interface Props {
  preview: EnvImportPreview;
  chosen: ReadonlySet<string>;
  onChoose(names: ReadonlySet<string>): void;
}

/** Each assignment of the file with what becomes of it; never a value. */
export function ImportPreview({ preview: { entries }, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  if (entries.length === 0) return <EmptyState>{t('secretCare.import.nothing')}</EmptyState>;
  const choose = (name: string, isOn: boolean) => {
    const next = new Set(chosen);
    if (isOn) next.add(name);
    else next.delete(name);
    onChoose(next);
  };
  return (
    <Table label={t('secretCare.import.preview')}>
      <thead>
        <tr>
          <HeadCell className="w-10">
            <span className="sr-only">{t('secretCare.import.column.take')}</span>
          </HeadCell>
          <HeadCell>{t('secretCare.import.column.name')}</HeadCell>
          <HeadCell className="text-right">{t('secretCare.import.column.line')}</HeadCell>
          <HeadCell>{t('secretCare.import.column.outcome')}</HeadCell>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <Row key={entry.line} className={entry.act === 'ignored' ? 'text-dim' : ''}>
            <Cell>
              {entry.name !== undefined && entry.act !== 'ignored' && (
                <Checkbox
                  label={t('secretCare.import.take', { name: entry.name })}
                  checked={chosen.has(entry.name)}
                  onChange={(isOn) => choose(entry.name ?? '', isOn)}
                />
              )}
            </Cell>
            <Cell className="mono">{entry.name ?? t('common.none')}</Cell>
            <Cell className="text-right">{entry.line}</Cell>
            <Cell className="whitespace-normal">
              <Outcome entry={entry} />
            </Cell>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}

function Outcome({ entry: { act, reason, lastFour, isShadowed } }: { entry: EnvImportEntry }) {
  const { t } = useTranslation();
  const parts = [
    t(`secretCare.import.acts.${act}`),
    reason && t(`secretCare.import.reasons.${reason}`),
    lastFour !== undefined && t('secretCare.import.endsIn', { end: lastFour }),
    isShadowed && t('secretCare.import.shadowed'),
  ];
  return parts.filter(Boolean).join(' · ');
}
