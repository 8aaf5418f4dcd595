import { performance } from 'node:perf_hooks';

/** How long text that models say may gather before it travels, in milliseconds; 0: until the end of the tick. */
export type DeltaPace = () => number;

const lookEveryMs = 200;
/** From here on a core is nearly full, and each event that does not travel lets somebody else's be on time. */
const busyFrom = 0.7;
const longestMs = 60;

/**
 * Tokens travel one by one while there is time. On a busy event loop those of a few hundredths of a second travel
 * together: nobody sees it, and most of what a token costs is spent once for several.
 */
export function createDeltaPace(
  now: () => number = () => performance.now(),
  /** Share of the time since `before` that the event loop worked. */
  utilization: typeof performance.eventLoopUtilization = performance.eventLoopUtilization,
): DeltaPace {
  let lookedAt = now();
  let before = utilization();
  let pauseMs = 0;
  return () => {
    const time = now();
    if (time - lookedAt < lookEveryMs) return pauseMs;
    const total = utilization();
    const share = utilization(total, before).utilization;
    lookedAt = time;
    before = total;
    pauseMs = share < busyFrom ? 0 : Math.round(longestMs * share);
    return pauseMs;
  };
}
