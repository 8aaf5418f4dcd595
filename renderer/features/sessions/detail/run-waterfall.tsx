import { IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { logsHref } from '../../../api/links.ts';
import { useFormat } from '../../../i18n/format.ts';
import { buttonClass } from '../../../ui/button.tsx';
import { cardClass } from '../../../ui/card.tsx';
import { cn } from '../../../ui/cn.ts';
import { StateDot } from '../../../ui/state-dot.tsx';
import type { Span, SpanKind, TraceRun } from './trace-spans.ts';

const spansAtFirst = 200;

const colours: Record<SpanKind, string> = {
  run: 'fill-idle',
  turn: 'fill-idle',
  model: 'fill-accent',
  tool: 'fill-ok',
  agent: 'fill-ok',
  retry: 'fill-warn',
  fallback: 'fill-warn',
  compaction: 'fill-warn',
  fault: 'fill-bad',
};

interface Props {
  run: TraceRun;
  isOpenAtFirst: boolean;
  isRunning: boolean;
}

export function RunWaterfall({ run, isOpenAtFirst, isRunning }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  const [shown, setShown] = useState(spansAtFirst);
  const [whole] = run.spans;
  const hidden = run.spans.length - shown;
  const state = isRunning ? 'running' : run.isOver ? (run.stopReason ?? 'stop') : 'lost';
  const isBad = state === 'error' || state === 'lost';
  const tone = isRunning ? 'ok' : isBad ? 'bad' : state === 'aborted' ? 'warn' : 'idle';
  return (
    <section className={cn(cardClass, 'min-w-0')}>
      <div className="flex items-center gap-2.5 px-3.5 py-[9px]">
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          className="flex min-w-0 flex-1 items-center gap-2 rounded-[5px] text-left"
        >
          <IconChevronRight
            size={14}
            stroke={1.5}
            aria-hidden
            className={cn('shrink-0 text-dim transition-transform', isOpen && 'rotate-90')}
          />
          <StateDot tone={tone} />
          <span className="font-semibold">{t(`sessions.trace.ends.${state}` as 'sessions.trace.ends.stop')}</span>
          <span className="tabular truncate text-dim text-small">
            {[format.dateTime(run.start), format.duration(run.end - run.start), whole?.name]
              .filter(Boolean)
              .join(' · ')}
          </span>
        </button>
        <Link href={logsHref({ runId: run.runId })} className={buttonClass({ size: 'small' })}>
          {t('sessions.trace.logs')}
        </Link>
      </div>
      {isOpen && (
        <ol aria-label={t('sessions.trace.spans')} className="border-line-soft border-t py-1.5">
          {run.spans.slice(0, shown).map((span) => (
            <SpanLine key={span.id} span={span} run={run} />
          ))}
        </ol>
      )}
      {isOpen && hidden > 0 && (
        <button
          type="button"
          className={cn(buttonClass({ look: 'quiet', size: 'small' }), 'mx-3.5 mb-2')}
          onClick={() => setShown(shown + spansAtFirst)}
        >
          {t('sessions.trace.moreSpans', { count: hidden })}
        </button>
      )}
    </section>
  );
}

function SpanLine({ span, run }: { span: Span; run: TraceRun }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { kind, name, note, isError } = span;
  const isMoment = kind === 'fallback' || kind === 'fault';
  const lasted =
    span.end === undefined ? t('sessions.trace.open') : isMoment ? '' : format.duration(span.end - span.start);
  const words = t(`sessions.trace.kinds.${kind}`, { name });
  return (
    <li className="grid grid-cols-[minmax(0,5fr)_minmax(0,6fr)_72px] items-center gap-3 px-3.5 py-[3px] hover:bg-hover">
      <span className="flex min-w-0 items-baseline gap-2" style={{ paddingLeft: span.depth * 14 }} title={note}>
        <span className={cn('shrink-0', isError && 'text-bad', (kind === 'tool' || kind === 'agent') && 'font-medium')}>
          {words}
        </span>
        <span className="mono truncate text-dim">{note}</span>
        {span.tokens !== undefined && (kind === 'model' || kind === 'agent') && (
          <span className="tabular shrink-0 text-faint text-small">
            {t('sessions.tokens', { tokens: format.compact(span.tokens) })}
          </span>
        )}
      </span>
      <SpanBar span={span} run={run} />
      <span className={cn('tabular text-right text-small', isError ? 'text-bad' : 'text-dim')}>{lasted}</span>
    </li>
  );
}

/** In thousandths of the run. What waits for the first of an answer is drawn lighter. */
function SpanBar({ span, run }: { span: Span; run: TraceRun }) {
  const length = Math.max(1, run.end - run.start);
  const at = (time: number) => ((Math.min(run.end, Math.max(run.start, time)) - run.start) / length) * 1000;
  const [start, end] = [at(span.start), at(span.end ?? run.end)];
  const first = span.first === undefined ? start : at(span.first);
  const colour = span.isError ? 'fill-bad' : colours[span.kind];
  const isWhole = span.kind === 'run' || span.kind === 'turn';
  const height = isWhole ? 3 : 9;
  return (
    <svg aria-hidden className="h-[9px] w-full rounded-[2px]" viewBox="0 0 1000 9" preserveAspectRatio="none">
      <rect x={0} y={4} width={1000} height={1} className="fill-line-soft" />
      <rect
        x={Math.min(start, 997)}
        y={(9 - height) / 2}
        width={Math.max(3, end - start)}
        height={height}
        className={cn(colour, span.end === undefined && 'opacity-50')}
      />
      {first > start && <rect x={start} y={0} width={first - start} height={9} className="fill-accent-bg" />}
    </svg>
  );
}
