import type { CompactionResult, RunEvent } from '../../contract/events.ts';
import type { SessionKey } from '../../contract/ids.ts';
import type { Message } from '../../contract/messages.ts';
import { AppError } from '../../lib/app-error.ts';
import { newId } from '../../lib/new-id.ts';
import type { SessionStore } from '../../sessions/store.ts';
import { toolCallsOf } from '../history.ts';
import { addUsage, noUsage } from '../run-usage.ts';
import type { ContextKeeper } from './context-keeper.ts';

export interface SessionCompactionsOptions {
  sessions: Pick<SessionStore, 'get' | 'loadMessages' | 'recordTurn' | 'trace'>;
  /** Takes the session, so that no run begins meanwhile, and gives back what lets go of it. */
  claim(key: SessionKey, runId: string): Promise<() => void>;
  /** The context that a run of this agent would have. */
  open(
    key: SessionKey,
    agentId: string,
    signal: AbortSignal,
    emit: (event: RunEvent) => void,
  ): { context: ContextKeeper; model: string };
}

/** Sessions that are shortened because a person wants it, without a run. */
export interface SessionCompactions {
  /** Throws AppError `nothing_to_compact` or `session_waiting` (409), and what `claim` throws. */
  compact(key: SessionKey, signal?: AbortSignal): Promise<CompactionResult>;
  /** Resolves when none is going on. */
  idle(): Promise<unknown>;
  /** All of them, or the one that took its session under this id. */
  abort(reason: Error, runId?: string): void;
}

export function createSessionCompactions({ sessions, claim, open }: SessionCompactionsOptions): SessionCompactions {
  const working = new Map<AbortController, { runId: string; work: Promise<unknown> }>();

  async function shorten(key: SessionKey, runId: string, signal: AbortSignal): Promise<CompactionResult> {
    const { agentId } = await sessions.get(key);
    const release = await claim(key, runId);
    try {
      signal.throwIfAborted();
      const { messages } = await sessions.loadMessages(key);
      if (isWaiting(messages)) throw waiting();
      const { context, model } = open(key, agentId, signal, (event) => sessions.trace(key, runId, event));
      const result = await context.compactNow(messages);
      const usage = noUsage();
      for (const part of context.takeUsage()) addUsage(usage, part);
      if (usage.totalTokens > 0) await sessions.recordTurn(key, { runId, turn: 0, model, usage, stopReason: 'stop' });
      return result ?? refuse();
    } finally {
      await release();
    }
  }

  return {
    async compact(key, signal) {
      const aborting = new AbortController();
      const runId = newId('run');
      const work = shorten(key, runId, signal ? AbortSignal.any([aborting.signal, signal]) : aborting.signal);
      working.set(aborting, { runId, work });
      try {
        return await work;
      } finally {
        working.delete(aborting);
      }
    },
    idle: () => Promise.allSettled(Array.from(working.values(), ({ work }) => work)),
    abort(reason, runId) {
      for (const [aborting, entry] of working) if ((runId ?? entry.runId) === entry.runId) aborting.abort(reason);
    },
  };
}

/** A call whose result a person still has to give would be summarised away. */
function isWaiting(messages: readonly Message[]): boolean {
  const index = messages.findLastIndex((message) => message.role === 'assistant');
  const message = messages[index];
  if (message?.role !== 'assistant') return false;
  const after = messages.slice(index + 1);
  const isAnswered = (id: string) => after.some((next) => next.role === 'toolResult' && next.toolCallId === id);
  return after.every(({ role }) => role === 'toolResult') && toolCallsOf(message).some(({ id }) => !isAnswered(id));
}

function waiting(): AppError {
  return new AppError('session_waiting', 'This session waits for your answer. Give it, then shorten the session.', {
    status: 409,
  });
}

function refuse(): never {
  throw new AppError('nothing_to_compact', 'This conversation is too short to be shortened: it is one exchange.', {
    status: 409,
  });
}
