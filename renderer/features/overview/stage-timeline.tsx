import { useTranslation } from 'react-i18next';
import type { Stage } from '../../../server/contract/server-state.ts';
import { useKnown } from '../../api/live-context.ts';
import { useFormat } from '../../i18n/format.ts';
import { useServerText } from '../../i18n/use-server-text.ts';
import { cardClass } from '../../ui/card.tsx';
import { cn } from '../../ui/cn.ts';

const bars: Record<Stage['status'], string> = {
  waiting: 'bg-line',
  running: 'bg-accent animate-[pulse-soft_1.2s_ease-in-out_infinite]',
  ok: 'bg-ok',
  warn: 'bg-warn',
  fail: 'bg-bad',
};

const words: Partial<Record<Stage['status'], string>> = { warn: 'text-warn', fail: 'text-bad' };

export function StageTimeline() {
  const { t } = useTranslation();
  const stages = useKnown((live) => live.server.stages);
  if (stages.length === 0) return null;
  return (
    <ol
      aria-label={t('overview.timeline')}
      className={cn(cardClass, 'tabular grid grid-cols-4 wide:grid-cols-8 gap-x-[3px] gap-y-3 px-3.5 pt-3.5 pb-3')}
    >
      {stages.map((stage) => (
        <StageStep key={stage.name} stage={stage} />
      ))}
    </ol>
  );
}

function StageStep({ stage }: { stage: Stage }) {
  const { t } = useTranslation();
  const format = useFormat();
  const status = t(`overview.stageStatus.${stage.status}`);
  const duration = stage.durationMs === undefined ? undefined : format.duration(stage.durationMs);
  const serverText = useServerText();
  const note = stage.note === undefined ? undefined : serverText(stage.note);
  const isWrong = stage.status === 'warn' || stage.status === 'fail';
  return (
    <li className="min-w-0 text-small">
      <div aria-hidden className={cn('mb-2 h-1 rounded-[2px] transition-colors', bars[stage.status])} />
      <div className="font-medium">{t(`overview.stages.${stage.name}`)}</div>
      <div className={cn('pr-2', words[stage.status] ?? 'text-dim')}>
        <span className={note || duration ? 'sr-only' : undefined}>{status} </span>
        {isWrong && note ? <span className="[overflow-wrap:anywhere]">{note}</span> : duration}
      </div>
      {!isWrong && note !== undefined && (
        <div className="truncate pr-2 text-faint" title={note}>
          {note}
        </div>
      )}
    </li>
  );
}
