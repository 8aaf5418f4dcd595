import type { Clock } from '../lib/clock.ts';

export interface LineLimitOptions {
  clock: Clock;
  windowMs: number;
  /** Per window. */
  maxLines: number;
  /** Called with the first line after a window that had too many. */
  onLeftOut(lines: number): void;
}

/** Lets so many lines of the log through per window: what runs inside a sandbox must not fill the log. */
export function createLineLimit({
  clock,
  windowMs,
  maxLines,
  onLeftOut,
}: LineLimitOptions): (write: () => void) => void {
  let startedAt = Number.NEGATIVE_INFINITY;
  let lines = 0;
  return (write) => {
    const now = clock.monotonic();
    if (now - startedAt >= windowMs) {
      if (lines > maxLines) onLeftOut(lines - maxLines);
      startedAt = now;
      lines = 0;
    }
    lines += 1;
    if (lines <= maxLines) write();
  };
}
