import { useTranslation } from 'react-i18next';
import { useFormat } from '../../i18n/format.ts';
import { ServerText } from '../../i18n/server-text.tsx';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Progress } from '../../ui/progress.tsx';
import type { Work, WorkKind } from './use-work.ts';

/** How the work of a card goes on, or why it did not. Nothing while neither is so. */
export function WorkLine({ work, kinds }: { work: Work; kinds: readonly WorkKind[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { kind, step, fault } = work;
  if (fault && kinds.includes(fault.kind)) {
    return (
      <div className="px-3.5 pt-3">
        <Notice tone="bad" className="mb-0">
          <ServerText>{fault.message}</ServerText>
        </Notice>
      </div>
    );
  }
  if (kind === undefined || !kinds.includes(kind)) return null;
  const say = step?.unit === 'bytes' ? format.bytes : format.number;
  const amount = step && t('data.progress', { done: say(step.done), total: say(step.total) });
  const label = t(`data.working.${kind}`);
  return (
    <div className="grid gap-2 border-line-soft border-b px-3.5 py-3" role="status">
      <div className="flex items-center gap-3">
        <span className="min-w-0 flex-1">
          {label} {amount !== undefined && <span className="tabular text-dim">{amount}</span>}
        </span>
        <Button size="small" onClick={work.stop}>
          {t('data.stop')}
        </Button>
      </div>
      <Progress label={label} value={step && step.total > 0 ? (step.done / step.total) * 100 : null} />
    </div>
  );
}
