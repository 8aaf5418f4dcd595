/** Backups of the whole data directory, bringing them back, and moving it. Sizes in bytes, times since 1970 in ms. */

export interface BackupIncludes {
  /** The folders that sandboxes work in. */
  workspaces: boolean;
  /** Vault, its key file and the API tokens, sealed with a passphrase. */
  secrets: boolean;
}

/** One archive, as far as its name and its first entry tell. */
export interface BackupInfo {
  /** Of the file, in the folder of backups. */
  name: string;
  sizeBytes: number;
  createdAt: number;
  /** Of the program that made it. */
  version: string;
  includes: BackupIncludes;
  /** Why it cannot be used, when that is seen at once. */
  problem?: string;
}

export interface BackupReport {
  name: string;
  /** Absolute. */
  file: string;
  sizeBytes: number;
  files: number;
  /** Of the files before they were packed. */
  totalBytes: number;
  /** Could not be read, or changed all the time; they are not in the archive. The first hundred are named. */
  leftOut: string[];
  leftOutCount: number;
  /** Older archives that were removed, as the setting says. */
  removed: string[];
}

export interface VerifyReport {
  name: string;
  files: number;
  totalBytes: number;
  createdAt: number;
  version: string;
  includes: BackupIncludes;
  /** Absent: no passphrase was given, or the archive has no secrets. */
  secretsOpen?: boolean;
}

/** What a restore drill found in the unpacked copy. */
export interface DrillReport extends VerifyReport {
  tenants: number;
  sessions: number;
  messages: number;
}

export interface RestoreReport {
  files: number;
  totalBytes: number;
  createdAt: number;
  /** Where the directory lies that was in force before; absent when there was none. */
  previous?: string;
  /** Taken over from it, because the archive holds none. */
  keptSecrets: boolean;
}

/** A place that the data directory could be moved to. */
export interface MovePlan {
  /** Absolute, links resolved. */
  to: string;
  files: number;
  totalBytes: number;
  freeBytes: number;
  warnings: { code: 'network_disk' | 'removable_disk' | 'little_space'; message: string }[];
}

export interface MoveReport {
  from: string;
  to: string;
  files: number;
  totalBytes: number;
}

/** A move that is done and whose old copy still lies there. */
export interface MovedFrom {
  from: string;
  movedAt: number;
  /** Of the old copy. */
  sizeBytes?: number;
}

export type CopyStage = 'look' | 'write' | 'verify' | 'unpack' | 'copy' | 'restart';

/** Steps of one piece of work; the last event tells how it ended. A stream without one was broken off. */
export type BackupProgress<Report = BackupReport | VerifyReport | DrillReport | RestoreReport | MoveReport> =
  | { type: 'step'; stage: CopyStage; done: number; total: number; unit: 'bytes' | 'files' }
  | { type: 'done'; report: Report }
  | { type: 'failed'; code: string; message: string };

export type CopyStep = Omit<Extract<BackupProgress, { type: 'step' }>, 'type'>;

/** How the schedule stands. */
export interface BackupSchedule {
  /** 0: none. */
  everyHours: number;
  keep: number;
  /** Absolute. */
  dir: string;
  workspaces: boolean;
  /** Of the newest archive that is usable; absent: there is none. */
  lastAt?: number;
  nextAt?: number;
  /** Time of day and day of the week, when they are set and hold. */
  at?: string;
  on?: string;
  lastResult?: ScheduledResult;
  /** Why the last scheduled one failed. */
  problem?: { code: string; message: string; at: number };
}

/** What became of the scheduled backup that was tried last. */
export type ScheduledResult =
  | { ok: true; at: number; name: string; sizeBytes: number }
  | { ok: false; at: number; code: string; message: string };

/** A drill that brought an archive back. */
export interface DrillRecord {
  name: string;
  at: number;
  tenants: number;
  sessions: number;
  messages: number;
}

export interface BackupList {
  backups: BackupInfo[];
  /** Newest first. */
  drills: readonly DrillRecord[];
  schedule: BackupSchedule;
}
