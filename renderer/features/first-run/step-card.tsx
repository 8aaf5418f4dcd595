import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button.tsx';
import { cardClass } from '../../ui/card.tsx';
import { cn } from '../../ui/cn.ts';

export interface StepProps {
  onDone(): void;
  onSkip(): void;
  isBusy: boolean;
}

/** One way to a model. */
export interface WayProps {
  /** Runs use it from now on. */
  onChosen(): void;
  isBusy: boolean;
}

interface Props {
  title: string;
  note: string;
  onSkip: (() => void) | undefined;
  isBusy: boolean;
  /** The primary button, last. */
  action?: ReactNode;
  skipLabel?: string;
  children: ReactNode;
}

/** What one step asks, with the way past it always at the same place. */
export function StepCard({ title, note, onSkip, isBusy, action, skipLabel, children }: Props) {
  const { t } = useTranslation();
  return (
    <section aria-label={title} className={cn(cardClass, 'min-w-0')}>
      <div className="border-line-soft border-b px-4 py-3">
        <h2 className="font-semibold text-[15px] leading-6">{title}</h2>
        <p className="text-dim">{note}</p>
      </div>
      <div className="grid gap-3.5 px-4 py-3.5">{children}</div>
      <div className="flex flex-wrap justify-end gap-2 border-line-soft border-t px-4 py-3">
        {onSkip && (
          <Button disabled={isBusy} onClick={onSkip}>
            {skipLabel ?? t('firstRun.skip')}
          </Button>
        )}
        {action}
      </div>
    </section>
  );
}
