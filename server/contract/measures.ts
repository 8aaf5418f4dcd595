/** What is measured of the process and of the data directory over time. Sizes in bytes, times since 1970 in ms. */

/** One step of the history of the process. Of a longer step: the longest lag, and the means of the rest. */
export interface VitalSample {
  at: number;
  lagMs: number;
  memoryBytes: number;
  /** Of one core. */
  cpuPct: number;
  /** Absent: the disk did not answer. */
  diskFreeBytes?: number;
}

export const vitalSpans = {
  minutes: { stepMs: 5000, spanMs: 15 * 60_000 },
  day: { stepMs: 300_000, spanMs: 24 * 3_600_000 },
} as const;
export type VitalSpan = keyof typeof vitalSpans;

/** Oldest first. Where the program did not run or the machine slept, there is nothing. */
export type VitalHistory = Record<VitalSpan, VitalSample[]>;

/** How large what is kept was at one moment. */
export interface SizeRecord {
  at: number;
  /** Of the disk. */
  freeBytes: number;
  /** By name in the data directory. */
  folders: Record<string, number>;
}

export interface Growth {
  /** Oldest first; the last one is of now. */
  history: { at: number; usedBytes: number }[];
  /** Absent: it was not measured for long enough. */
  perDay?: {
    bytes: number;
    folders: Record<string, number>;
    /** From when on it was measured for this. */
    since: number;
  };
  freeBytes: number;
  /** Absent: it does not grow, or that is not known yet. */
  fullInDays?: number;
}
