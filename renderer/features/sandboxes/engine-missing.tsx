import { IconChevronRight } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { EngineStatus } from '../../../server/contract/sandbox.ts';
import { Card } from '../../ui/card.tsx';
import { CommandLine } from '../../ui/command-line.tsx';
import { EngineTries } from './engine-tries.tsx';

/** Exactly what is missing: the sentence is in the page head, here is the way out and every place that was tried. */
export function EngineMissing({ engine }: { engine: EngineStatus }) {
  const { t } = useTranslation();
  return (
    <Card className="mb-3.5">
      <div className="grid gap-3 px-3.5 py-3">
        <p className="text-dim">{t('sandboxes.needsEngine')}</p>
        {engine.fixCommand !== undefined && (
          <div className="grid gap-1.5">
            <p>{t('sandboxes.fix')}</p>
            <CommandLine command={engine.fixCommand} />
          </div>
        )}
      </div>
      {engine.tries.length > 0 && (
        <details className="group border-line-soft border-t" open>
          <summary className="flex list-none items-center gap-1.5 px-3.5 py-2.5 text-dim hover:text-text [&::-webkit-details-marker]:hidden">
            <IconChevronRight
              size={14}
              stroke={1.5}
              aria-hidden
              className="transition-transform group-open:rotate-90"
            />
            {t('sandboxes.tries', { count: engine.tries.length })}
          </summary>
          <EngineTries tries={engine.tries} />
        </details>
      )}
    </Card>
  );
}
