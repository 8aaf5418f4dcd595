import { useTranslation } from 'react-i18next';
import type { CleanUpProgress } from '../../../../server/contract/clean-up.ts';
import { useFormat } from '../../../i18n/format.ts';
import { Notice } from '../../../ui/notice.tsx';

/** What went, what that freed, and what did not go and why. */
export function CleanUpResult({ result }: { result: Extract<CleanUpProgress, { type: 'done' }> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const removed = result.outcomes.filter(({ ok }) => ok);
  const failed = result.outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome]));
  const saved = result.outcomes.flatMap((outcome) => (outcome.ok && outcome.savedAs ? [outcome.savedAs] : []));
  return (
    <>
      <Notice tone="accent">
        {t('sandboxes.tools.cleanUp.freed', { count: removed.length, size: format.bytes(result.freedBytes) })}
        {saved.map((path) => (
          <span key={path} className="mono block">
            {t('sandboxes.tools.cleanUp.saved', { path })}
          </span>
        ))}
      </Notice>
      {failed.length > 0 && (
        <Notice tone="bad">
          {t('sandboxes.tools.cleanUp.failed', { count: failed.length })}
          {failed.map(({ id, error }) => (
            <span key={id} className="block">
              {error}
            </span>
          ))}
        </Notice>
      )}
    </>
  );
}
