import type { Clock } from './clock.ts';

export interface TimeLimit {
  /** Fires when time is up, with `late()`, or when the outer signal does, with its reason. */
  readonly signal: AbortSignal;
  /** Exactly once, when the work is over: nothing fires any more. */
  end(): void;
}

/**
 * Bounds work that somebody else does. Each run makes a dozen of these, so there is no `AbortSignal.any` and no error
 * without need: both cost more than most of the work that is bounded.
 */
export function createTimeLimit(clock: Clock, timeoutMs: number, late: () => Error, outer?: AbortSignal): TimeLimit {
  const limit = new AbortController();
  const over = new AbortController();
  const forward = () => limit.abort(outer?.reason);
  if (outer?.aborted) forward();
  else outer?.addEventListener('abort', forward, { once: true });
  clock.sleep(timeoutMs, over.signal).then(
    () => limit.abort(late()),
    () => undefined,
  );
  return {
    signal: limit.signal,
    end() {
      outer?.removeEventListener('abort', forward);
      over.abort('it ended in time');
    },
  };
}
