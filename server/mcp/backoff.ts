/** After so many failures in a row it is no longer started by itself, only when somebody needs it. */
export const mostTriesInRow = 5;
/** One that was ready for so long begins to count anew. */
export const steadyMs = 60_000;

const firstMs = 1000;
const longestMs = 60_000;

/** Wait after the given number of failures in a row. */
export function backoffMs(failures: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 16));
}
