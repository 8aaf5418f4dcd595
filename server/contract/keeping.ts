import type { SessionKey } from './ids.ts';
import type { TenantSize } from './sessions.ts';

/** What goes and what stays of kept data. Sizes in bytes, times in milliseconds since 1970. */

export interface RetentionRules {
  /** Sessions without activity for longer go. */
  maxAgeDays?: number;
  /** The sessions with the oldest activity go until the rest, those with a run included, are no larger than this. */
  maxTotalBytes?: number;
  /** Log files of older days go. */
  maxLogDays?: number;
  /** Only this tenant's sessions count and go. */
  tenantId?: string;
}

export interface RetentionCandidate extends SessionKey {
  title: string;
  lastActiveAt: number;
  sizeBytes: number;
  reason: 'age' | 'size';
}

export interface RetentionPlan {
  /** Oldest first. */
  sessions: RetentionCandidate[];
  freedBytes: number;
  /** Would go, but have a run. */
  keptWithRun: number;
  /** Oldest first. */
  logFiles: { name: string; sizeBytes: number }[];
}

export interface RetentionReport {
  deleted: number;
  /** Measured at each deletion, workspaces included. */
  freedBytes: number;
  /** Had a run or became active since they were looked at. */
  kept: number;
  /** Could not be deleted; the log says why. */
  failed: number;
  logFiles: number;
}

/** What is to be erased: everything of a tenant, or of one of its users. */
export interface ErasureScope {
  tenantId: string;
  userId?: string;
}

export interface ErasurePlan extends ErasureScope {
  sessions: number;
  sizeBytes: number;
}

export interface ErasureReport extends ErasureScope {
  deleted: number;
  freedBytes: number;
}

/** How sessions of a tenant that is there already meet those of an archive. */
export type MergeMode = 'skip' | 'replace';

export interface ImportReport {
  tenantId: string;
  files: number;
  totalBytes: number;
  /** Of sessions, users and knowledge bases. */
  added: number;
  replaced: number;
  skipped: number;
}

/** Steps of work that takes a while. `total` is known from the beginning; a stream without one was broken off. */
export type KeepingProgress =
  | { type: 'step'; done: number; total: number; unit: 'sessions' | 'bytes'; name?: string }
  | { type: 'done'; report: RetentionReport | ErasureReport | ImportReport }
  | { type: 'failed'; code: string; message: string };

export interface KeptSizes {
  /** Largest first. */
  tenants: TenantSize[];
  sessions: number;
  sizeBytes: number;
}
