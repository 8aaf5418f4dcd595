import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { type FirstRun, type FirstRunStep, firstRunSteps } from '../../../server/contract/first-run.ts';
import { toApiError } from '../../api/api-error.ts';
import type { HandedPrompt } from '../../api/links.ts';
import { useKnown } from '../../api/live-context.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { PageHead } from '../../ui/page-head.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { DataStep } from './data-step.tsx';
import { ModelStep } from './model-step.tsx';
import { SandboxStep } from './sandbox-step.tsx';
import type { StepProps } from './step-card.tsx';
import { StepList } from './step-list.tsx';
import { useChangeFirstRun, useFirstRun } from './use-first-run.ts';

const parts: Record<FirstRunStep, (props: StepProps) => React.ReactNode> = {
  data: DataStep,
  model: ModelStep,
  sandbox: SandboxStep,
};

/** From a fresh data directory to a working answer. Every step can be skipped, and gone back to. */
export default function FirstRunPage() {
  const { t } = useTranslation();
  const faultText = useFaultText();
  const [, navigate] = useLocation();
  const { data: state, error, refetch } = useFirstRun();
  const change = useChangeFirstRun();
  const dismiss = () => change.mutate({ status: 'dismissed' }, { onSuccess: () => navigate('/') });
  return (
    <>
      <PageHead
        title={t('firstRun.title')}
        sub={t(state && state.status !== 'open' ? 'firstRun.again' : 'firstRun.sub')}
        actions={
          state?.status === 'open' && (
            <Button disabled={change.isPending} onClick={dismiss}>
              {t('firstRun.notNow')}
            </Button>
          )
        }
      />
      {!state && (
        <Card>
          {error ? (
            <ErrorState message={faultText(error)} code={toApiError(error).code} onRetry={() => void refetch()} />
          ) : (
            <SkeletonRows rows={4} />
          )}
        </Card>
      )}
      {state && <Steps state={state} change={change} />}
    </>
  );
}

function Steps({ state, change }: { state: FirstRun; change: ReturnType<typeof useChangeFirstRun> }) {
  const [, navigate] = useLocation();
  const { t } = useTranslation();
  const hasTools = useKnown(({ engine, image }) => engine.state === 'connected' && image.state === 'present');
  const { step } = state;
  const Part = parts[step];

  async function leave(outcome: 'done' | 'skipped'): Promise<void> {
    await change.mutateAsync({ step, outcome });
    if (step !== firstRunSteps.at(-1)) return;
    await change.mutateAsync({ status: 'finished' });
    const handed: HandedPrompt = { prompt: t(hasTools ? 'firstRun.prompts.tools' : 'firstRun.prompts.words') };
    navigate('/playground', { state: handed });
  }
  // What could not be kept was told by the mutation itself.
  const end = (outcome: 'done' | 'skipped') => void leave(outcome).catch(() => undefined);

  return (
    <div className="grid items-start gap-3.5 wide:grid-cols-[230px_minmax(0,1fr)]">
      <StepList state={state} isBusy={change.isPending} onPick={(goTo) => change.mutate({ goTo })} />
      <Part key={step} isBusy={change.isPending} onDone={() => end('done')} onSkip={() => end('skipped')} />
    </div>
  );
}
