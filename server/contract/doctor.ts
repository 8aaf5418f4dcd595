/** What doctor finds. Times in milliseconds since 1970. */

export type CheckState = 'ok' | 'warn' | 'bad' | 'not_applicable' | 'could_not_check';

export interface CheckResult {
  /** Stable. */
  name: string;
  title: string;
  state: CheckState;
  /** What was seen. */
  evidence: string;
  /** What to do about it; absent when nothing is to be done. */
  fix?: string;
  /** A command that does it. */
  command?: string;
  durationMs: number;
}

export interface DoctorReport {
  /** The worst of the checks. */
  state: 'ok' | 'warn' | 'bad';
  checkedAt: number;
  checks: CheckResult[];
  /** What is wrong in the data directory; present when it was looked at. */
  findings?: IntegrityFinding[];
}

export type FindingKind =
  /** A last line that a crash cut in two; cut by the next append. */
  | 'torn_line'
  /** No JSON object, or none that can stand there. */
  | 'alien_line'
  /** A folder of a session whose owner nothing tells. */
  | 'orphan_session'
  /** A workspace of a session that is not there. */
  | 'orphan_workspace'
  /** Something else among sessions or tenants. */
  | 'alien_file'
  | 'unreadable'
  /** The list of sessions and their folders differ. */
  | 'index_difference';

export interface IntegrityFinding {
  kind: FindingKind;
  /** Relative to the data directory. */
  path: string;
  /** From 1. */
  line?: number;
  /** SHA-256 of the line, or of the session.jsonl of a session of nobody, so that only what was seen is taken away. */
  sha256?: string;
  tenantId?: string;
  sessionId?: string;
  sizeBytes?: number;
  /** Quarantine can take it out of the way. */
  canQuarantine: boolean;
}

export type IntegrityProgress =
  | { type: 'step'; done: number; total: number; unit: 'sessions'; name?: string }
  | { type: 'finding'; finding: IntegrityFinding }
  | { type: 'done'; report: { sessions: number; lines: number; findings: number } }
  | { type: 'failed'; code: string; message: string };

export interface QuarantineReport {
  /** Name of the folder below `quarantine`. */
  id: string;
  quarantined: number;
  /** Went on being written, or changed since they were seen. */
  left: { path: string; line?: number; reason: string }[];
}

export interface QuarantineInfo {
  id: string;
  at: number;
  items: number;
  isPutBack: boolean;
}
