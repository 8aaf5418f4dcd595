import { useTranslation } from 'react-i18next';
import type { ChecklistItem } from '../../../server/contract/checklist.ts';
import { useFormat } from '../../i18n/format.ts';
import { ScrollBox } from '../../ui/scroll-box.tsx';

/** What was really seen, as it is. */
export function ItemEvidence({ item: { result }, title }: { item: ChecklistItem; title: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <ScrollBox
      label={t('readiness.evidence', { item: title })}
      className="grid max-h-80 gap-2 overflow-auto border-line-soft border-t bg-code px-3.5 py-2.5 pl-9"
    >
      {result === undefined || result.evidence.length === 0 ? (
        <p className="text-dim">{result ? t('readiness.noEvidence') : t('readiness.notTested')}</p>
      ) : (
        <dl className="grid grid-cols-[fit-content(45%)_minmax(0,1fr)] gap-x-5 gap-y-1">
          {result.evidence.map(({ name, value }) => (
            <div key={`${name} ${value}`} className="contents">
              <dt className="mono text-dim [overflow-wrap:anywhere]">{name}</dt>
              <dd className="mono [overflow-wrap:anywhere]">{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {result && (
        <p className="text-dim text-small">
          {t('readiness.testedAt', {
            when: format.dateTime(result.testedAt),
            duration: format.duration(result.durationMs),
          })}
        </p>
      )}
    </ScrollBox>
  );
}
