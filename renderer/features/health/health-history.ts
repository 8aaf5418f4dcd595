import type { HealthReport } from '../../../server/console/api.ts';
import type { ReadinessCheck } from '../../../server/contract/server-state.ts';

/** What one look at one thing came to. `unknown`: it could not be asked. `none`: there was nothing to ask. */
export type Verdict = 'ok' | 'warn' | 'fail' | 'unknown' | 'none';

export interface Sample {
  /** Milliseconds since 1970. */
  at: number;
  /** By `liveness`, `readiness` and the names of the checks. */
  verdicts: Readonly<Record<string, Verdict>>;
}

export const lookEveryMs = 5000;
/** Five minutes. */
export const samplesKept = 60;
/** After this long without a new look, what is shown tells of the past. */
export const staleMs = 3 * lookEveryMs;

export function verdictOfLiveness({ liveness }: HealthReport): Verdict {
  if (!liveness) return 'none';
  if (liveness.status === undefined) return 'unknown';
  return liveness.status === 200 ? 'ok' : 'fail';
}

/** A load balancer goes by the status alone; an answer that is no readiness could not be read. */
export function verdictOfReadiness({ readiness }: HealthReport): Verdict {
  if (!readiness) return 'none';
  if (readiness.status === undefined || (readiness.status === 200 && !readiness.found)) return 'unknown';
  if (readiness.status !== 200) return 'fail';
  return readiness.found?.checks.some(({ status }) => status === 'warn') ? 'warn' : 'ok';
}

export function sampleOf(report: HealthReport): Sample {
  const checks = (report.readiness?.found?.checks ?? []).map(({ name, status }: ReadinessCheck) => [name, status]);
  return {
    at: report.checkedAt,
    verdicts: {
      liveness: verdictOfLiveness(report),
      readiness: verdictOfReadiness(report),
      ...(Object.fromEntries(checks) as Record<string, Verdict>),
    },
  };
}

/** The console itself did not answer: nothing is known of that moment. */
export function blankSample(at: number): Sample {
  return { at, verdicts: { liveness: 'unknown', readiness: 'unknown' } };
}

export function addSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  if (samples.at(-1)?.at === sample.at) return samples;
  return [...samples, sample].slice(-samplesKept);
}

/** When this was last found good; undefined when it was not, as far as is remembered. */
export function lastGood(samples: readonly Sample[], name: string): number | undefined {
  return samples.findLast(({ verdicts }) => verdicts[name] === 'ok' || verdicts[name] === 'warn')?.at;
}
