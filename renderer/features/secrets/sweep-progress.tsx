import { useTranslation } from 'react-i18next';
import type { LeakFinding } from '../../../server/contract/leak-sweep.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Progress } from '../../ui/progress.tsx';
import type { Sweep } from './use-sweep.ts';

/** How a search or a scrub goes on, or why it did not. */
export function SweepProgress({ sweep }: { sweep: Sweep }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { work, step, fault, found } = sweep;
  if (fault !== undefined)
    return (
      <div className="px-3.5 pt-3">
        <Notice tone="bad" className="mb-0">
          {fault}
        </Notice>
      </div>
    );
  if (work === undefined) return null;
  const isLooking = work === 'search' && (step === undefined || ('stage' in step && step.stage === 'look'));
  const label = t(`secretCare.sweep.${isLooking ? 'looking' : work === 'search' ? 'searching' : 'scrubbing'}`);
  const say = step?.unit === 'bytes' ? format.bytes : format.number;
  const amount = step && !isLooking && t('secretCare.sweep.progress', { done: say(step.done), total: say(step.total) });
  const places = step && 'places' in step && !isLooking && t('secretCare.sweep.places', { count: step.places });
  return (
    <div className="grid gap-2 border-line-soft border-b px-3.5 py-3" role="status">
      <div className="flex items-center gap-3">
        <span className="min-w-0 flex-1 truncate">
          {label} <span className="tabular text-dim">{[amount, places].filter(Boolean).join(' · ')}</span>
          {found > 0 && <span className="text-bad"> · {t('secretCare.sweep.found', { count: found })}</span>}
        </span>
        <Button size="small" onClick={sweep.stop}>
          {t('secretCare.sweep.stop')}
        </Button>
      </div>
      <Progress label={label} value={step && !isLooking && step.total > 0 ? (step.done / step.total) * 100 : null} />
      <p className="mono h-5 truncate text-faint text-small">{step?.name}</p>
    </div>
  );
}

/** What the last scrub did, and what it had to leave. */
export function SweepOutcome({ sweep, findings }: { sweep: Sweep; findings: readonly LeakFinding[] }) {
  const { t, i18n } = useTranslation();
  if (sweep.outcomes.length === 0) return null;
  const done = sweep.outcomes.filter(({ isDone }) => isDone).length;
  const left = sweep.outcomes.filter((outcome) => !outcome.isDone);
  const placeOf = (id: string) => findings.find((finding) => finding.id === id)?.place ?? '';
  return (
    <>
      {done > 0 && <Notice tone="accent">{t('secretCare.sweep.scrubbed', { count: done })}</Notice>}
      {left.length > 0 && (
        <Notice tone="warn">
          {t('secretCare.sweep.left', { count: left.length })}
          <ul lang={i18n.language === 'en' ? undefined : 'en'}>
            {left.slice(0, 10).map(({ id, reason }) => (
              <li key={id}>
                <span className="mono">{placeOf(id)}</span>: {reason}
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </>
  );
}
