import type { ReadinessCheck } from '../contract/server-state.ts';
import { messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { callHook } from './call-hook.ts';
import type { ReadinessProbe } from './plugin.ts';

/** One custom check, bounded in time. One that throws or hangs fails. Never rejects. */
export async function runProbe({ name, check }: ReadinessProbe, clock: Clock): Promise<ReadinessCheck> {
  const began = clock.monotonic();
  const result = await callHook((signal) => check(signal), { clock });
  const durationMs = Math.round(clock.monotonic() - began);
  if (!result.ok) return { name, status: 'fail', durationMs, error: messageOf(result.error) };
  const { status = 'ok', message } = result.value ?? {};
  return { name, status, durationMs, ...(message !== undefined && { error: message }) };
}
