import { type Check, seen } from '../check.ts';

const minuteMs = 60_000;
/** After that long nobody is waited for: the person went away. */
const awayMs = 4 * 3_600_000;
export const leastPauses = 20;
/** More comebacks than that to a cold start are too many. */
const mostColdShare = 0.15;
/** Waiting so many times longer than people pause holds memory for nobody. */
const tooLongTimes = 4;
const longestSuggestionMs = 7_200_000;

export const idleTimeout: Check = {
  id: 'idle_timeout',
  timeoutMs: 30_000,
  async run(at, signal) {
    const timeoutMs = at.settings().sandbox.idleTimeoutMs;
    const { sessions, pausesMs } = await at.pauses(signal);
    const pauses = pausesMs.filter((pause) => pause >= 0 && pause <= awayMs).toSorted((a, b) => a - b);
    const evidence = [
      seen('sandbox.idleTimeoutMs', timeoutMs),
      seen('measured', `${pauses.length} pauses in ${sessions} sessions`),
    ];
    if (pauses.length < leastPauses) {
      const params = { pauses: pauses.length, wanted: leastPauses };
      return { state: 'could_not_check', code: 'idle_too_little_use', params, evidence };
    }
    const [half, most, nearlyAll] = [quantile(pauses, 0.5), quantile(pauses, 0.9), quantile(pauses, 0.95)];
    evidence.push(seen('p50, p90, p95', [half, most, nearlyAll].map(asMinutes).join(', ')));
    const shorter = pauses.filter((pause) => pause <= timeoutMs).length / pauses.length;
    const minutes = inMinutes(timeoutMs);
    const betterMs = suggest(nearlyAll);
    const fix = { fix: 'set_idle_timeout', fixValue: String(betterMs) } as const;
    const better = inMinutes(betterMs);
    if (1 - shorter > mostColdShare && betterMs > timeoutMs) {
      const params = { minutes, share: Math.round((1 - shorter) * 100), better };
      return { state: 'warning', code: 'idle_too_short', params, evidence, ...fix };
    }
    if (timeoutMs > tooLongTimes * Math.max(nearlyAll, 5 * minuteMs)) {
      const params = { minutes, typical: inMinutes(nearlyAll), better };
      return { state: 'warning', code: 'idle_too_long', params, evidence, ...fix };
    }
    const params = { minutes, share: Math.round(shorter * 100) };
    return { state: 'passed', code: 'idle_fits', params, evidence };
  },
};

/** A little above what nearly everybody needs, in whole five minutes. */
function suggest(nearlyAll: number): number {
  const step = 5 * minuteMs;
  return Math.min(longestSuggestionMs, Math.max(step, Math.ceil((nearlyAll * 1.2) / step) * step));
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function inMinutes(ms: number): string {
  return (ms / minuteMs).toFixed(ms < 10 * minuteMs ? 1 : 0).replace(/\.0$/, '');
}

function asMinutes(ms: number): string {
  return `${inMinutes(ms)} min`;
}
