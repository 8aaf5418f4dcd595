import type { CheckResult, DoctorReport } from '../contract/doctor.ts';
import { messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';

export type CheckOutcome = Pick<CheckResult, 'state' | 'evidence' | 'fix' | 'command' | 'details' | 'repair'>;

/** One thing that doctor looks at. It changes nothing. A rejection counts as could not check. */
export interface DoctorCheck {
  name: string;
  title: string;
  /** Default 10,000; what takes longer could not be checked. */
  timeoutMs?: number;
  run(signal: AbortSignal): Promise<CheckOutcome>;
}

export interface DoctorOptions {
  clock: Clock;
  signal?: AbortSignal;
  /** Told of each as it ends. */
  onResult?(result: CheckResult): void;
}

const defaultTimeoutMs = 10_000;

/** Runs every check, side by side, and never fails itself. Throws the signal's reason. */
export async function runChecks(
  checks: readonly DoctorCheck[],
  { clock, signal, onResult = () => undefined }: DoctorOptions,
): Promise<DoctorReport> {
  const results = await Promise.all(checks.map(runOne));
  signal?.throwIfAborted();
  return { state: worstOf(results), checkedAt: clock.now(), checks: results };

  async function runOne({ name, title, timeoutMs = defaultTimeoutMs, run }: DoctorCheck): Promise<CheckResult> {
    const began = clock.monotonic();
    const ending = new AbortController();
    const both = signal ? AbortSignal.any([ending.signal, signal]) : ending.signal;
    const tooLong = clock.sleep(timeoutMs, both).then((): CheckOutcome => {
      return { state: 'could_not_check', evidence: `It gave no answer within ${timeoutMs / 1000} seconds.` };
    });
    const outcome = await Promise.race([run(both), tooLong]).catch((error: unknown): CheckOutcome => {
      return { state: 'could_not_check', evidence: messageOf(error) };
    });
    ending.abort();
    // Ends with its signal; what comes of it no longer counts.
    tooLong.catch(() => undefined);
    const result = { name, title, ...outcome, durationMs: Math.round(clock.monotonic() - began) };
    onResult(result);
    return result;
  }
}

/** What could not be checked is to be looked at, and no proof that something is wrong. */
function worstOf(results: readonly CheckResult[]): DoctorReport['state'] {
  if (results.some(({ state }) => state === 'bad')) return 'bad';
  return results.some(({ state }) => state === 'warn' || state === 'could_not_check') ? 'warn' : 'ok';
}
