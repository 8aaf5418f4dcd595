import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { SessionKey } from '../../../server/contract/ids.ts';
import { logsHref, traceHref } from '../../api/links.ts';
import { useFormat } from '../../i18n/format.ts';
import { StateDot, type Tone } from '../../ui/state-dot.tsx';
import type { Transcript } from './transcript.ts';

const tones = {
  stop: 'ok',
  length: 'warn',
  max_turns: 'warn',
  aborted: 'idle',
  error: 'bad',
} as const satisfies Record<NonNullable<Transcript['stopReason']>, Tone>;

/** How the last run ended and what it used. */
export function RunFooter({ transcript, sessionKey }: { transcript: Transcript; sessionKey: SessionKey }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { stopReason, usage, runId } = transcript;
  return (
    <p role="status" className="tabular flex flex-wrap items-center gap-x-3 gap-y-1 text-dim text-small">
      {stopReason && (
        <span className="flex items-center gap-[7px]">
          <StateDot tone={tones[stopReason]} />
          {t(`playground.ends.${stopReason}`)}
        </span>
      )}
      {usage && (
        <span>
          {t('playground.usage', {
            input: format.number(usage.inputTokens),
            output: format.number(usage.outputTokens),
            cost: format.money(usage.cost),
          })}
        </span>
      )}
      <Link href={traceHref(sessionKey, runId)} className="rounded-[4px] text-accent hover:underline">
        {t('playground.head.trace')}
      </Link>
      <Link
        href={logsHref(runId === undefined ? { sessionId: sessionKey.sessionId } : { runId })}
        className="rounded-[4px] text-accent hover:underline"
      >
        {t('playground.head.logs')}
      </Link>
    </p>
  );
}
