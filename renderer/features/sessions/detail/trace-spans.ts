import type { RunEvent } from '../../../../server/contract/events.ts';
import type { TraceEntry } from '../../../../server/contract/sessions.ts';

export type SpanKind = 'run' | 'turn' | 'model' | 'tool' | 'agent' | 'retry' | 'fallback' | 'compaction' | 'fault';

/** A length of time in a run. Times in milliseconds since 1970. */
export interface Span {
  id: string;
  kind: SpanKind;
  /** The turn's number, the tool's or the model's name, else empty. */
  name: string;
  /** What a person wants to know first: the command, the reason, the fault. */
  note: string;
  depth: number;
  start: number;
  /** Absent when the end was never written: it goes on, or its process ended. */
  end?: number;
  /** Of a model call: when the first of its answer came. */
  first?: number;
  isError: boolean;
  tokens?: number;
}

export interface TraceRun {
  runId: string;
  start: number;
  /** Of the last thing that is known. */
  end: number;
  isOver: boolean;
  stopReason?: string;
  /** The run itself first, then in the order of their beginnings. */
  spans: Span[];
  /** Those that were called in, by their ids. */
  agents: Map<string, { name: string; depth: number }>;
}

/** The spans of every run, the latest run first. */
export function runsOf(entries: readonly TraceEntry[]): TraceRun[] {
  const runs = new Map<string, TraceRun>();
  for (const { runId, at, event } of entries) {
    const run = runs.get(runId) ?? begin(runId, at);
    runs.set(runId, run);
    run.end = Math.max(run.end, at);
    apply(run, at, event);
  }
  return [...runs.values()].sort((a, b) => b.start - a.start);
}

function begin(runId: string, at: number): TraceRun {
  const whole: Span = { id: runId, kind: 'run', name: '', note: '', depth: 0, start: at, isError: false };
  return { runId, start: at, end: at, isOver: false, spans: [whole], agents: new Map() };
}

function apply(run: TraceRun, at: number, event: RunEvent): void {
  const add = (kind: SpanKind, id: string, depth: number, words: Partial<Span>) =>
    run.spans.push({
      id: `${id} ${run.spans.length}`,
      kind,
      name: '',
      note: '',
      depth,
      start: at,
      isError: false,
      ...words,
    });
  const latest = (kind: SpanKind, id = '') =>
    run.spans.findLast((span) => span.kind === kind && span.end === undefined && span.id.startsWith(id));
  const end = (span: Span | undefined, words: Partial<Span> = {}) => span && Object.assign(span, { end: at, ...words });
  const [whole] = run.spans;

  switch (event.type) {
    case 'session.start':
      if (whole) whole.name = event.model;
      return;
    case 'turn.start':
      add('turn', `turn-${event.turn}`, 1, { name: String(event.turn) });
      return;
    case 'turn.complete':
      end(latest('turn', `turn-${event.turn} `), { tokens: event.usage.totalTokens });
      return;
    case 'message.start':
      add('model', event.messageId, 2, {});
      return;
    case 'message.update': {
      const span = latest('model', event.messageId);
      if (span) span.first ??= at;
      return;
    }
    case 'message.end': {
      const { model, usage, stopReason, errorMessage = '' } = event.message;
      const words = { name: model, note: errorMessage, tokens: usage.totalTokens, isError: stopReason === 'error' };
      end(latest('model', event.messageId), words);
      return;
    }
    case 'tool.before':
      add('tool', event.toolCallId, 2, { name: event.toolName, note: telling(event.args) });
      return;
    case 'tool.after':
      end(latest('tool', event.toolCallId), { isError: event.isError });
      return;
    case 'subagent_spawned': {
      const above = event.parentAgentId === undefined ? undefined : run.agents.get(event.parentAgentId);
      run.agents.set(event.agentId, { name: event.name, depth: above ? above.depth + 1 : 2 });
      return;
    }
    case 'subagent_job_started': {
      const { name, depth } = run.agents.get(event.agentId) ?? { name: event.agentId, depth: 2 };
      add('agent', event.jobId, depth, { name, note: event.task.trim().split('\n')[0]?.slice(0, 160) ?? '' });
      return;
    }
    case 'subagent_job_completed':
      end(latest('agent', event.jobId), { tokens: event.usage.totalTokens });
      return;
    case 'subagent_job_failed':
      end(latest('agent', event.jobId), { tokens: event.usage.totalTokens, note: event.error.message, isError: true });
      return;
    case 'provider_retry':
      add('retry', 'retry', 2, { note: event.reason, end: at + event.waitMs });
      return;
    case 'model_fallback':
      add('fallback', 'fallback', 2, { name: event.to, note: event.reason, end: at });
      return;
    case 'context_compaction_start':
      add('compaction', 'compaction', 1, {});
      return;
    case 'context_compaction_end':
      end(latest('compaction'), { tokens: event.tokensAfter });
      return;
    case 'error':
      add('fault', 'fault', 1, { name: event.error.code, note: event.error.message, end: at, isError: true });
      return;
    case 'session.end':
      run.isOver = true;
      run.stopReason = event.stopReason;
      end(whole, { isError: event.stopReason === 'error', tokens: event.usage.totalTokens });
      return;
    // Nothing that lasts.
    case 'tool.update':
    case 'max_turns_reached':
    case 'snapshot':
    case 'context_usage':
      return;
    default:
      // A newer server may write what this page does not know yet.
      return;
  }
}

/** The first argument that is a short text, in one line. */
function telling(args: Record<string, unknown>): string {
  const text = Object.values(args).find((value) => typeof value === 'string' && value.trim() !== '');
  return typeof text === 'string' ? (text.trim().split('\n')[0] ?? '').slice(0, 160) : '';
}
