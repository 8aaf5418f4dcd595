import { abortable } from '../agent/abortable.ts';
import type { Clock } from '../lib/clock.ts';
import { createTimeLimit } from '../lib/time-limit.ts';

export const hookTimeoutMs = 5_000;

export type HookResult<T> = { ok: true; value: T } | { ok: false; error: unknown };

/**
 * Calls a hook that may throw, reject, hang or ignore its signal. Never rejects; what comes later than its time is
 * nobody's concern. An outer signal that fires ends the waiting, too.
 */
export async function callHook<T>(
  call: (signal: AbortSignal) => T | Promise<T>,
  { clock, signal: outer, timeoutMs = hookTimeoutMs }: { clock: Clock; signal?: AbortSignal; timeoutMs?: number },
): Promise<HookResult<T>> {
  const late = () => new Error(`It did not end within ${timeoutMs} ms.`);
  const limit = createTimeLimit(clock, timeoutMs, late, outer);
  const { signal } = limit;
  try {
    return { ok: true, value: await abortable(begin(call, signal), signal) };
  } catch (error) {
    return { ok: false, error };
  } finally {
    limit.end();
  }
}

/** A hook that throws before it returns its promise fails like any other. */
async function begin<T>(call: (signal: AbortSignal) => T | Promise<T>, signal: AbortSignal): Promise<T> {
  return call(signal);
}
