import { IconChevronRight } from '@tabler/icons-react';
import { memo, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SubagentStatus } from '../../../server/contract/activity.ts';
import { useFormat } from '../../i18n/format.ts';
import { cn } from '../../ui/cn.ts';
import { ScrollBox } from '../../ui/scroll-box.tsx';
import { StateDot, type Tone } from '../../ui/state-dot.tsx';
import { RequestCard } from './request-card.tsx';
import type { AgentEntry } from './transcript-agents.ts';

const tones: Record<SubagentStatus, Tone> = {
  running: 'accent',
  waiting: 'warn',
  idle: 'ok',
  failed: 'bad',
  interrupted: 'warn',
  closed: 'idle',
};

/** One agent that was called in: what it does, what it was asked and what it answered. */
export const AgentCard = memo(function AgentCard({ agent }: { agent: AgentEntry }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [isExpanded, setExpanded] = useState(false);
  const details = useId();
  const { name, profile, parentName, status, activity, task, answer, error, tokens, pending } = agent;
  const outcome = answer ?? error;
  const shownName = name || t('playground.agent.unnamed');
  const about = [profile, parentName && t('playground.agent.calledBy', { name: parentName })]
    .filter(Boolean)
    .join(' · ');
  return (
    <section
      aria-label={t('playground.agent.label', { name: shownName })}
      className="ml-4 overflow-hidden rounded-[9px] border border-line bg-panel"
    >
      <button
        type="button"
        aria-expanded={isExpanded}
        aria-controls={details}
        onClick={() => setExpanded(!isExpanded)}
        className="flex w-full min-w-0 items-center gap-2 px-3 py-[7px] text-left outline-offset-[-2px] hover:bg-hover"
      >
        <StateDot
          tone={tones[status]}
          className={status === 'running' ? 'animate-[pulse-soft_1.2s_ease-in-out_infinite]' : ''}
        />
        <span className="max-w-[40%] shrink-0 truncate font-semibold">{shownName}</span>
        <span className="min-w-0 flex-1 truncate text-dim">{status === 'running' && activity ? activity : task}</span>
        <span className="tabular shrink-0 text-dim text-small">
          {t(`playground.agent.states.${status}`)}
          {tokens > 0 && ` · ${t('playground.head.tokens', { tokens: format.compact(tokens) })}`}
        </span>
        <IconChevronRight
          size={14}
          stroke={1.5}
          aria-hidden
          className={cn('shrink-0 text-dim transition-transform', isExpanded && 'rotate-90')}
        />
      </button>
      {pending.map((request) => (
        <RequestCard key={request.toolCallId} request={request} />
      ))}
      <div id={details} hidden={!isExpanded} className="border-line-soft border-t px-3 py-2">
        {about !== '' && <p className="text-dim text-small">{about}</p>}
        <Text title={t('playground.agent.task')} text={task} />
        {outcome !== undefined && (
          <Text title={t(answer === undefined ? 'playground.agent.fault' : 'playground.agent.answer')} text={outcome} />
        )}
      </div>
    </section>
  );
});

function Text({ title, text }: { title: string; text: string }) {
  return (
    <div className="py-1">
      <p className="text-dim text-small">{title}</p>
      <ScrollBox
        label={title}
        className="max-h-72 overflow-auto whitespace-pre-wrap outline-offset-[-2px] [overflow-wrap:anywhere]"
      >
        {text}
      </ScrollBox>
    </div>
  );
}
