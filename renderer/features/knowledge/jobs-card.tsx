import { useTranslation } from 'react-i18next';
import type { IngestionJob, IngestionStep } from '../../../server/contract/knowledge.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { StateDot, type Tone } from '../../ui/state-dot.tsx';
import { showFault } from '../../ui/toast.tsx';
import { type BasePlace, isGoing, type KnowledgeAction, useJobs, useKnowledgeAction } from './use-knowledge.ts';

const tones: Record<IngestionStep['status'], Tone> = {
  waiting: 'idle',
  running: 'accent',
  done: 'ok',
  skipped: 'idle',
  failed: 'bad',
};

/** What is being taken in, step by step, and what could not be. Shown while there is any. */
export function JobsCard({ place }: { place: BasePlace }) {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const { data = [] } = useJobs(place);
  const action = useKnowledgeAction();
  const shown = data.filter((job) => isGoing(job) || job.status === 'failed');
  if (shown.length === 0) return null;
  const going = shown.filter(isGoing).length;
  const act = (wanted: KnowledgeAction) => action.mutate(wanted, { onError: (fault) => showFault(faultText(fault)) });
  return (
    <Card
      title={t('knowledge.jobs.title')}
      aside={
        <span role="status">
          {[
            going > 0 && t('knowledge.jobs.going', { count: going }),
            shown.length > going && t('knowledge.jobs.failed', { count: shown.length - going }),
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
      }
    >
      <ul className="max-h-80 overflow-y-auto">
        {shown.slice(0, 100).map((job) => (
          <li key={job.id} className="border-line-soft border-b px-3.5 py-2.5 last:border-b-0">
            <div className="flex flex-wrap items-center gap-2">
              <span className="min-w-0 flex-1 basis-48 truncate font-medium">{job.name}</span>
              {job.status === 'failed' && (
                <Button
                  size="small"
                  aria-label={t('knowledge.jobs.retryOf', { name: job.name })}
                  onClick={() => act({ type: 'retry', place, jobId: job.id })}
                >
                  {t('common.retry')}
                </Button>
              )}
              <Button
                size="small"
                look="quiet"
                aria-label={t(isGoing(job) ? 'knowledge.jobs.cancelOf' : 'knowledge.jobs.forgetOf', {
                  name: job.name,
                })}
                onClick={() => act({ type: 'forget', place, jobId: job.id })}
              >
                {isGoing(job) ? t('common.cancel') : t('knowledge.jobs.forget')}
              </Button>
            </div>
            <Steps job={job} />
            {job.error && <p className="mt-1 text-bad text-small [overflow-wrap:anywhere]">{job.error.message}</p>}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Steps({ job }: { job: IngestionJob }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <ol className="tabular mt-1 flex flex-wrap gap-x-4 gap-y-1 text-small">
      {job.steps.map((step) => (
        <li key={step.name} className="flex items-center gap-1.5 text-dim" title={step.note}>
          <StateDot
            tone={tones[step.status]}
            className={step.status === 'running' ? 'animate-[pulse-soft_1.2s_ease-in-out_infinite]' : ''}
          />
          {t(`knowledge.steps.${step.name}`)}
          <span className={step.status === 'waiting' || step.status === 'done' ? 'sr-only' : undefined}>
            {t(`knowledge.stepStates.${step.status}`)}
          </span>
          {step.done !== undefined && step.total !== undefined && (
            <span>
              {format.number(step.done)}/{format.number(step.total)}
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}
