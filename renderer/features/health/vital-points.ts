import type { VitalSample } from '../../../server/contract/measures.ts';

export interface Point {
  at: number;
  /** Null: nothing is known of that moment, and the line has a gap. */
  value: number | null;
}

/** A line is drawn over one missing step, not over the time that the program did not run. */
const longestGapSteps = 2.5;

/** One measure of the samples, with a gap wherever nothing was measured for long. */
export function pointsOf(
  samples: readonly VitalSample[],
  stepMs: number,
  measure: (sample: VitalSample) => number | undefined,
): Point[] {
  return samples.flatMap((sample, index) => {
    const before = samples[index - 1];
    const point = { at: sample.at, value: measure(sample) ?? null };
    const isGap = before !== undefined && sample.at - before.at > longestGapSteps * stepMs;
    return isGap ? [{ at: before.at + stepMs, value: null }, point] : [point];
  });
}
