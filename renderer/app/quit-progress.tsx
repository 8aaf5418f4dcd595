import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { QuitStep } from '../../electron/native/contract.ts';
import { Button } from '../ui/button.tsx';
import { backdropClass } from '../ui/popup.ts';

/** While the desktop program quits: what it waits for, above everything else. */
export function QuitProgress() {
  const { t } = useTranslation();
  const [quitting, setQuitting] = useState<QuitStep>();
  useEffect(() => window.native?.onQuitProgress(setQuitting), []);
  if (quitting === undefined) return null;
  const { step, runs } = quitting;
  return (
    <div className={`${backdropClass} z-[100] grid place-items-center`}>
      <div className="max-w-[480px] rounded-[12px] border border-line bg-panel px-6 py-5 text-center shadow-pop">
        <div role="status">
          <p className="font-semibold">{t('shell.quitting')}</p>
          <p className="mt-1 text-dim">{runs.length > 0 ? t('shell.waitingForRuns', { count: runs.length }) : step}</p>
        </div>
        {runs.length > 0 && (
          <>
            <ul className="mt-3 max-h-[160px] overflow-y-auto text-left">
              {runs.map((title, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: two runs may have one title, and the list only shrinks.
                <li key={`${index} ${title}`} className="truncate py-0.5 text-dim">
                  {title}
                </li>
              ))}
            </ul>
            <div className="mt-4">
              <Button look="danger" onClick={() => void window.native?.quit()}>
                {t('shell.stopRunsNow')}
              </Button>
            </div>
          </>
        )}
      </div>
    </div>
  );
}
