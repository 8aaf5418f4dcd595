import { useTranslation } from 'react-i18next';
import type { IndexProgress } from '../../../server/contract/sessions.ts';
import { useFormat } from '../../i18n/format.ts';
import { Progress } from '../../ui/progress.tsx';

/** Above a list that is not whole yet: how many of the sessions on the disk it holds. */
export function IndexingLine({ progress: { done, total } }: { progress: IndexProgress }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <div className="grid shrink-0 gap-2 border-line-soft border-b bg-accent-bg px-3.5 py-2.5">
      <div className="flex flex-wrap items-baseline gap-x-2">
        <span className="font-medium" role="status">
          {t('sessions.indexing.title')}
        </span>
        <span className="tabular text-dim">
          {total === 0
            ? t('sessions.indexing.looking')
            : t('sessions.indexing.amount', { done: format.number(done), total: format.number(total) })}
        </span>
      </div>
      <Progress label={t('sessions.indexing.title')} value={total === 0 ? null : (done / total) * 100} />
    </div>
  );
}
