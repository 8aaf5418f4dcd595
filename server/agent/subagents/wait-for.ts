import type { Clock } from '../../lib/clock.ts';
import type { Member } from './member.ts';

export interface WaitForOptions {
  members: readonly Member[];
  mode: 'any' | 'all';
  timeoutMs: number | undefined;
  signal: AbortSignal;
  clock: Clock;
  /** Calls back after anything ended. Returns the unsubscriber. */
  subscribe(listener: () => void): () => void;
}

/** Resolves when one of the agents, or each of them, has nothing to do. Rejects with the signal's reason. */
export async function waitFor(options: WaitForOptions): Promise<'done' | 'timeout'> {
  const { members, mode, timeoutMs, signal, clock, subscribe } = options;
  const isOver = () => members[mode === 'any' ? 'some' : 'every']((member) => member.isSettled());
  signal.throwIfAborted();
  if (members.length === 0 || isOver()) return 'done';
  const over = new AbortController();
  const ended = Promise.withResolvers<'done' | 'timeout'>();
  const unsubscribe = subscribe(() => {
    if (isOver()) ended.resolve('done');
  });
  const onAbort = () => ended.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (timeoutMs !== undefined) {
    clock.sleep(timeoutMs, over.signal).then(
      () => ended.resolve('timeout'),
      // It was over before.
      () => undefined,
    );
  }
  try {
    return await ended.promise;
  } finally {
    over.abort();
    unsubscribe();
    signal.removeEventListener('abort', onAbort);
  }
}
