import type { LogLine, LogPage } from '../../../server/contract/logs.ts';

/**
 * A piece of the log that the page holds: matching lines without a hole, oldest first. It slides: what is read at one end
 * makes room at the other, so that the whole log can be read with bounded memory.
 */
export interface LogWindow {
  lines: readonly LogLine[];
  /** Number of the first line; grows when lines at the start are let go and shrinks when older ones come, so that places hold still. */
  firstIndex: number;
  hasOlder: boolean;
  /** Lines after the last one exist and were not read. */
  hasNewer: boolean;
}

export const maxLines = 10_000;
/** Room to count down from. */
const startIndex = 1_000_000_000;

export const emptyWindow: LogWindow = { lines: [], firstIndex: startIndex, hasOlder: false, hasNewer: false };

export function windowOf(lines: readonly LogLine[], ends: { hasOlder: boolean; hasNewer: boolean }): LogWindow {
  return { lines, firstIndex: startIndex, ...ends };
}

export function endOf({ firstIndex, lines }: LogWindow): number {
  return firstIndex + lines.length;
}

/** Older lines before the first; the newest are let go. */
export function prepend(window: LogWindow, page: Pick<LogPage, 'lines' | 'hasMore'>): LogWindow {
  const first = window.lines[0]?.seq ?? Number.POSITIVE_INFINITY;
  const older = page.lines.filter(({ seq }) => seq < first);
  const lines = [...older, ...window.lines];
  return {
    lines: lines.length > maxLines ? lines.slice(0, maxLines) : lines,
    firstIndex: window.firstIndex - older.length,
    hasOlder: page.hasMore,
    hasNewer: window.hasNewer || lines.length > maxLines,
  };
}

/** Newer lines after the last; the oldest are let go. Those that are there already are left out. */
export function append(window: LogWindow, arrived: readonly LogLine[], hasNewer: boolean): LogWindow {
  const last = window.lines.at(-1)?.seq ?? -1;
  const fresh = arrived.filter(({ seq }) => seq > last);
  if (fresh.length === 0) return window.hasNewer === hasNewer ? window : { ...window, hasNewer };
  const lines = [...window.lines, ...fresh];
  const excess = Math.max(0, lines.length - maxLines);
  return {
    lines: excess > 0 ? lines.slice(excess) : lines,
    firstIndex: window.firstIndex + excess,
    hasOlder: window.hasOlder || excess > 0,
    hasNewer,
  };
}

/** Lines after a hole: only they are shown, and what is before them is read again when somebody looks. */
export function restartAt(window: LogWindow, arrived: readonly LogLine[]): LogWindow {
  return { lines: arrived.slice(-maxLines), firstIndex: endOf(window), hasOlder: true, hasNewer: false };
}
