import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { EngineStatus, ImageStatus } from '../../../server/contract/sandbox.ts';
import { answer, api } from '../../api/client.ts';
import { useKnown } from '../../api/live-context.ts';
import { useEngineProblem } from '../../api/use-engine-problem.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { useFormat } from '../../i18n/format.ts';
import { Button } from '../../ui/button.tsx';
import { Chip } from '../../ui/chip.tsx';
import { CommandLine } from '../../ui/command-line.tsx';
import type { Tone } from '../../ui/state-dot.tsx';
import { showFault } from '../../ui/toast.tsx';
import { ImageWork } from './image-work.tsx';
import { StepCard, type StepProps } from './step-card.tsx';

export function SandboxStep({ onDone, onSkip, isBusy }: StepProps) {
  const { t } = useTranslation();
  const engine = useKnown((live) => live.engine);
  const image = useKnown((live) => live.image);
  const faultText = useFaultText();
  const probe = useMutation({
    mutationFn: () => answer(api.engine.probe.$post()),
    onError: (error) => showFault(faultText(error)),
  });
  const isConnected = engine.state === 'connected';
  const isReady = isConnected && image.state === 'present';
  return (
    <StepCard
      title={t('firstRun.steps.sandbox')}
      note={t('firstRun.sandbox.note')}
      onSkip={isReady ? undefined : onSkip}
      skipLabel={t('firstRun.sandbox.without')}
      isBusy={isBusy}
      action={
        isReady && (
          <Button look="primary" disabled={isBusy} onClick={onDone}>
            {t('firstRun.finish')}
          </Button>
        )
      }
    >
      <dl className="rounded-[9px] border border-line">
        <EngineFact engine={engine} />
        {isConnected && <ImageFact image={image} />}
      </dl>
      {engine.state !== 'unknown' && !isConnected && <EngineHelp engine={engine} />}
      {isConnected && image.state !== 'present' && <ImageWork image={image} />}
      {isReady && <p role="status">{t('firstRun.sandbox.ready')}</p>}
      {!isReady && (
        <div>
          <Button size="small" disabled={probe.isPending} onClick={() => probe.mutate()}>
            {t(probe.isPending ? 'firstRun.sandbox.looking' : 'firstRun.sandbox.again')}
          </Button>
        </div>
      )}
    </StepCard>
  );
}

function Fact({ name, tone, children }: { name: string; tone: Tone; children: ReactNode }) {
  const { t } = useTranslation();
  const state = tone === 'ok' ? 'ok' : tone === 'accent' ? 'busy' : tone === 'idle' ? 'idle' : 'warn';
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-line-soft border-b px-3.5 py-2.5 last:border-b-0">
      <dt className="w-32 font-medium">{name}</dt>
      <dd className="min-w-0 flex-1 text-dim [overflow-wrap:anywhere]">{children}</dd>
      <dd>
        <Chip dot tone={tone}>
          {t(`firstRun.sandbox.states.${state}`)}
        </Chip>
      </dd>
    </div>
  );
}

function EngineFact({ engine }: { engine: EngineStatus }) {
  const { t } = useTranslation();
  const problemText = useEngineProblem();
  const name = t('firstRun.sandbox.engine');
  if (engine.state === 'unknown')
    return (
      <Fact name={name} tone="idle">
        {t('firstRun.sandbox.looking')}
      </Fact>
    );
  if (engine.state !== 'connected')
    return (
      <Fact name={name} tone="warn">
        {problemText(engine.state, engine.problem)}
      </Fact>
    );
  return (
    <Fact name={name} tone="ok">
      {t('firstRun.sandbox.connected', { version: engine.version ?? '', endpoint: engine.endpoint ?? '' })}
    </Fact>
  );
}

function ImageFact({ image }: { image: ImageStatus }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { reference, sizeBytes, state } = image;
  const words = () => {
    if (state === 'unknown') return t('firstRun.sandbox.imageUnknown');
    if (state !== 'present') return t('firstRun.sandbox.imageMissing', { reference });
    return sizeBytes === undefined
      ? t('firstRun.sandbox.presentShort', { reference })
      : t('firstRun.sandbox.present', { reference, size: format.bytes(sizeBytes) });
  };
  const tones = { present: 'ok', missing: 'warn', building: 'accent', unknown: 'idle' } as const;
  return (
    <Fact name={t('firstRun.sandbox.image')} tone={tones[state]}>
      {words()}
    </Fact>
  );
}

function EngineHelp({ engine }: { engine: EngineStatus }) {
  const { t } = useTranslation();
  return (
    <div className="grid gap-2">
      <p className="text-dim">{t('firstRun.sandbox.missing')}</p>
      {engine.fixCommand !== undefined && (
        <div className="grid gap-1.5">
          <p>{t('firstRun.sandbox.fix')}</p>
          <CommandLine command={engine.fixCommand} />
        </div>
      )}
      {engine.tries.length > 0 && (
        <details className="text-small">
          <summary className="w-fit text-dim hover:text-text">
            {t('firstRun.sandbox.tried', { count: engine.tries.length })}
          </summary>
          <ul className="mt-1.5 grid gap-1">
            {engine.tries.map(({ origin, endpoint, error }) => (
              <li key={`${origin} ${endpoint}`} className="[overflow-wrap:anywhere]">
                <span className="mono">{endpoint}</span> <span className="text-dim">{error ?? origin}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
