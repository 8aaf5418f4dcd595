import { useTranslation } from 'react-i18next';
import type { MemoryRebuild } from '../../../server/contract/memory.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Progress } from '../../ui/progress.tsx';

/** How far a rebuild is, or how the last one ended. */
export function RebuildLine({ rebuild, onStop }: { rebuild: MemoryRebuild | undefined; onStop(): void }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!rebuild) return null;
  const { status, done, total, error, endedAt } = rebuild;
  if (status === 'running') {
    return (
      <div className="grid gap-1.5" role="status">
        <div className="flex items-center gap-2">
          <span className="tabular flex-1">
            {t('memory.rebuilding', { count: total, done: format.number(done), total: format.number(total) })}
          </span>
          <Button size="small" onClick={onStop}>
            {t('memory.stop')}
          </Button>
        </div>
        <Progress label={t('memory.rebuild')} value={total === 0 ? null : (done / total) * 100} />
      </div>
    );
  }
  if (status === 'failed') {
    return (
      <Notice tone="bad" className="!mb-0">
        {t('memory.rebuildFailed', { reason: error?.message ?? '' })}
      </Notice>
    );
  }
  return (
    <p role="status" className="text-dim text-small">
      {t(status === 'done' ? 'memory.rebuilt' : 'memory.rebuildStopped', {
        when: format.dateTime(endedAt ?? rebuild.startedAt),
      })}
    </p>
  );
}
