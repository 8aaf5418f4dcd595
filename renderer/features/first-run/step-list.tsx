import { IconCheck } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { type FirstRun, type FirstRunStep, firstRunSteps } from '../../../server/contract/first-run.ts';
import { cardClass } from '../../ui/card.tsx';
import { cn } from '../../ui/cn.ts';

interface Props {
  state: FirstRun;
  isBusy: boolean;
  onPick(step: FirstRunStep): void;
}

export function StepList({ state, isBusy, onPick }: Props) {
  const { t } = useTranslation();
  return (
    <nav aria-label={t('firstRun.progress')} className={cn(cardClass, 'p-1.5')}>
      <ol className="grid grid-cols-3 gap-px wide:grid-cols-1">
        {firstRunSteps.map((step, place) => {
          const isCurrent = step === state.step;
          const outcome = state.steps[step];
          return (
            <li key={step}>
              <button
                type="button"
                disabled={isBusy}
                aria-current={isCurrent ? 'step' : undefined}
                onClick={() => onPick(step)}
                className={cn(
                  'flex w-full items-center gap-2.5 rounded-[7px] px-2.5 py-2 text-left',
                  isCurrent ? 'bg-accent-bg' : 'hover:bg-hover',
                )}
              >
                <span
                  aria-hidden
                  className={cn(
                    'tabular grid size-6 shrink-0 place-items-center rounded-full border font-medium text-small',
                    outcome === 'done'
                      ? 'border-transparent bg-ok-bg text-ok'
                      : isCurrent
                        ? 'border-accent text-accent'
                        : 'border-line text-dim',
                  )}
                >
                  {outcome === 'done' ? <IconCheck size={14} stroke={2} /> : place + 1}
                </span>
                <span className="min-w-0">
                  <span className={cn('block truncate', isCurrent && 'font-medium')}>
                    {t(`firstRun.steps.${step}`)}
                  </span>
                  <span className="block text-dim text-small">{t(`firstRun.outcomes.${outcome}`)}</span>
                </span>
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
