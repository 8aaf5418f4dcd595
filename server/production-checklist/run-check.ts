import type { ChecklistResult } from '../contract/checklist.ts';
import { messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Check, Finding } from './check.ts';
import type { ChecklistSurroundings } from './surroundings.ts';

const defaultTimeoutMs = 10_000;
const longestValue = 600;
const mostEvidence = 40;

export interface RunCheckOptions {
  at: ChecklistSurroundings;
  clock: Clock;
  redact(text: string): string;
  /** Told of the work itself, which may go on after its time is over. */
  onWork(work: Promise<unknown>): void;
}

/**
 * One check within its time. Never rejects but with the signal's reason: what throws, hangs or gives nothing is `could
 * not check`. Everything in the result is redacted and bounded.
 */
export async function runCheck(check: Check, options: RunCheckOptions, signal: AbortSignal): Promise<ChecklistResult> {
  const { at, clock, redact } = options;
  const began = clock.monotonic();
  const timeoutMs = check.timeoutMs ?? defaultTimeoutMs;
  const ending = new AbortController();
  const both = AbortSignal.any([ending.signal, signal]);
  // In a function of its own, so that a check that throws at once is one that rejects.
  const work = (async () => check.run(at, both))();
  options.onWork(work);
  const tooLong = clock.sleep(timeoutMs, both).then((): Finding => {
    return couldNot('check_timed_out', { seconds: timeoutMs / 1000 });
  });
  // Ends with its signal; what comes of it then no longer counts.
  tooLong.catch(() => undefined);
  const finding = await Promise.race([work, tooLong]).catch((error: unknown) =>
    couldNot('check_threw', { reason: messageOf(error) }),
  );
  ending.abort();
  signal.throwIfAborted();
  return {
    ...{ state: finding.state, code: finding.code },
    params: Object.fromEntries(
      Object.entries(finding.params ?? {}).map(([name, value]) => [name, bound(redact(String(value)))]),
    ),
    evidence: finding.evidence.slice(0, mostEvidence).map(({ name, value }) => {
      return { name: bound(redact(name)), value: bound(redact(value)) };
    }),
    ...(finding.fix !== undefined && { fix: finding.fix }),
    ...(finding.fixValue !== undefined && { fixValue: finding.fixValue }),
    ...{ testedAt: clock.now(), durationMs: Math.round(clock.monotonic() - began) },
  };
}

function couldNot(code: 'check_timed_out' | 'check_threw', params: Record<string, string | number>): Finding {
  return { state: 'could_not_check', code, params, evidence: [] };
}

function bound(text: string): string {
  return text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text;
}
