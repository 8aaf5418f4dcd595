import { z } from 'zod';
import type { OwnFile } from './own-file.ts';

/** So many crashes within so long are a loop: going on by itself would only repeat it. */
export const crashLimit = { count: 3, withinMs: 5 * 60_000 };

/** Milliseconds since 1970, oldest first. */
export const crashTimesSchema = z.array(z.number()).max(100);

function recent(times: readonly number[], now: number): number[] {
  // A time that lies ahead is of a clock that was set back.
  return times.filter((time) => time <= now && now - time < crashLimit.withinMs);
}

/** Counts crashes of the page. `true`: this was one too many. */
export function createCrashCounter(now: () => number) {
  let times: number[] = [];
  return {
    isOneTooMany(): boolean {
      times = [...recent(times, now()), now()];
      return times.length >= crashLimit.count;
    },
    forget() {
      times = [];
    },
  };
}

/** Remembers over starts whether the program ended in order. */
export function openStartRecord(file: OwnFile<number[]>, now: () => number) {
  const crashes = recent(file.read() ?? [], now());
  // Counts as a crash until it is taken back by an ordered end.
  file.write([...crashes, now()]);
  return {
    /** Ends without order just before this start. */
    crashes: crashes.length,
    isLoop: crashes.length >= crashLimit.count,
    endedInOrder: () => file.write([]),
  };
}
