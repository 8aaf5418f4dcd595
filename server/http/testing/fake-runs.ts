import type { RunHandle, RunManager } from '../../agent/runs.ts';
import type { ChatRequest, RunInfo } from '../../contract/chat.ts';
import type { NumberedEvent, RunEvent, RunUsage } from '../../contract/events.ts';

export const noUsage: RunUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  totalTokens: 0,
  cost: 0,
};

/** A run whose events the test hands out one by one. */
export interface FakeRun extends RunHandle {
  emit(event: RunEvent): void;
  /** No more events. */
  end(): void;
  /** Breaks the iterations off. */
  fail(error: Error): void;
  /** How many events were taken by clients. */
  readonly taken: number;
  /** Resolves when a client left the iteration early. */
  left: Promise<void>;
  abortReason?: string;
}

export interface FakeRuns extends RunManager {
  readonly started: ChatRequest[];
  readonly runs: FakeRun[];
  /** The next start throws this. */
  refuseWith?: Error;
  /** Called with each new run before it is given out. */
  onStart?: (run: FakeRun) => void;
}

export function createFakeRuns(): FakeRuns {
  const manager: FakeRuns = {
    started: [],
    runs: [],
    async start(request) {
      if (manager.refuseWith) throw manager.refuseWith;
      manager.started.push(request);
      const run = createFakeRun(`run_${manager.runs.length + 1}`, request);
      manager.runs.push(run);
      manager.onStart?.(run);
      return run;
    },
    compact: async () => ({ messagesBefore: 0, messagesAfter: 0, tokensBefore: 0, tokensAfter: 0 }),
    respond: () => Promise.reject(new Error('not part of this test')),
    get: (runId) => manager.runs.find((run) => run.runId === runId),
    list: () => manager.runs.map((run) => run.info()).reverse(),
    abort(runId, reason) {
      const run = manager.runs.find((candidate) => candidate.runId === runId);
      if (!run) return false;
      run.abortReason = reason;
      run.end();
      return true;
    },
    subscribe: () => () => undefined,
    putAside: () => undefined,
    async hold({ sessionId }, ends) {
      if (ends !== undefined) {
        for (const run of manager.runs.filter((each) => each.sessionId === sessionId)) manager.abort(run.runId, ends);
      }
      return () => undefined;
    },
    drain: async () => undefined,
  };
  return manager;
}

function createFakeRun(runId: string, request: ChatRequest): FakeRun {
  const events: NumberedEvent[] = [];
  const ended = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  let isOver = false;
  let failure: Error | undefined;
  let taken = 0;
  let changed = Promise.withResolvers<void>();
  const sessionId = request.sessionId ?? 'ses_1';
  const tell = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };

  function iterate(after: number): AsyncIterator<NumberedEvent> {
    let next = after;
    let hasLeft = false;
    return {
      async next() {
        for (;;) {
          const found = hasLeft ? undefined : events[next];
          if (found) {
            next++;
            taken++;
            return { done: false, value: found };
          }
          if (failure) throw failure;
          if (isOver || hasLeft) return { done: true, value: undefined };
          await changed.promise;
        }
      },
      async return() {
        hasLeft = true;
        if (!isOver) left.resolve();
        tell();
        return { done: true, value: undefined };
      },
    };
  }

  const run: FakeRun = {
    runId,
    sessionId,
    info: () => infoOf(run, request, isOver),
    events: (after = 0) => ({ [Symbol.asyncIterator]: () => iterate(after) }),
    done: ended.promise,
    left: left.promise,
    get taken() {
      return taken;
    },
    emit(event) {
      events.push({ sequence: events.length + 1, event });
      tell();
    },
    end() {
      isOver = true;
      ended.resolve();
      tell();
    },
    fail(error) {
      failure = error;
      tell();
    },
  };
  return run;
}

function infoOf(run: FakeRun, request: ChatRequest, isOver: boolean): RunInfo {
  return {
    runId: run.runId,
    sessionId: run.sessionId,
    tenantId: request.tenantId,
    userId: request.userId,
    agentId: request.agentId ?? 'default',
    model: 'demo:demo',
    title: request.message,
    status: isOver ? 'done' : 'running',
    turn: 1,
    activity: '',
    startedAt: 0,
    usage: noUsage,
  };
}
