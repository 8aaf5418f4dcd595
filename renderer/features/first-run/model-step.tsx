import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Trans, useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { queryKeys } from '../../api/query-client.ts';
import { Segmented } from '../../ui/segmented.tsx';
import { DemoWay } from './demo-way.tsx';
import { KeyWay } from './key-way.tsx';
import { LocalWay } from './local-way.tsx';
import { StepCard, type StepProps } from './step-card.tsx';

const ways = ['key', 'local', 'demo'] as const;
type Way = (typeof ways)[number];

const parts = { key: KeyWay, local: LocalWay, demo: DemoWay };

export function ModelStep({ onDone, onSkip, isBusy }: StepProps) {
  const { t } = useTranslation();
  const [way, setWay] = useState<Way>('key');
  const models = useQuery({ queryKey: queryKeys.agents, queryFn: () => answer(api.agents.$get()) });
  const now = models.data?.models[0]?.id;
  const Part = parts[way];
  return (
    <StepCard title={t('firstRun.steps.model')} note={t('firstRun.model.note')} onSkip={onSkip} isBusy={isBusy}>
      <div className="flex flex-wrap items-center gap-3">
        <Segmented<Way>
          label={t('firstRun.model.ways')}
          value={way}
          onChange={setWay}
          segments={ways.map((value) => ({ value, label: t(`firstRun.model.${value}`) }))}
        />
        {now !== undefined && (
          <span className="text-dim text-small">
            <Trans
              t={t}
              i18nKey="firstRun.model.now"
              values={{ model: now }}
              components={[<span key="model" className="mono text-text" />]}
            />
          </span>
        )}
      </div>
      <Part onChosen={onDone} isBusy={isBusy} />
    </StepCard>
  );
}
