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
  /** More of what was seen, line by line. */
  details?: string[];
  /** What doctor can do about it by itself, once a person said so. */
  repair?: RepairName;
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

export const repairNames = [
  'permissions',
  'stale_lock',
  'leftovers',
  'index',
  'quarantine',
  'engine',
  'containers',
] as const;
export type RepairName = (typeof repairNames)[number];

/** One thing that a repair does. Paths are relative to the data directory; `.` is itself. */
export type RepairChange =
  /** Rights as octal digits. */
  | { type: 'mode'; path: string; from: string; to: string }
  /** Into the folder of the repair, where it is kept. */
  | { type: 'move'; path: string; sizeBytes: number }
  /** Lines of a file, or a folder, into quarantine. */
  | { type: 'quarantine'; path: string; line?: number }
  /** The lock of a process that is gone; what it said is kept in the record. */
  | { type: 'unlock'; path: string; note: string }
  | { type: 'remove_container'; path: string }
  /** Looks again; nothing changes on the disk. */
  | { type: 'look'; path: string };

/** What a repair would do now. Without changes there is nothing to repair. */
export interface RepairPlan {
  name: RepairName;
  /** The first two hundred. */
  changes: RepairChange[];
  total: number;
  /** Names exactly these changes: a repair that was seen is carried out only while it would do the same. */
  fingerprint: string;
  /** Whether it can be undone afterwards. */
  canUndo: boolean;
}

export interface RepairReport {
  name: RepairName;
  /** For undoing; absent when there is nothing to undo. */
  id?: string;
  done: number;
  left: { path: string; reason: string }[];
}

/** A repair that was carried out and of which something is kept. */
export interface RepairInfo {
  id: string;
  name: RepairName;
  at: number;
  items: number;
  /** What it keeps, for the day it is undone. */
  keptBytes: number;
  /** `interrupted`: the program ended in the middle; undoing it brings back what was. */
  state: 'done' | 'interrupted' | 'undone';
}

/** What is told while doctor looks; `done` or `failed` is the last. */
export type DoctorProgress =
  | { type: 'begin'; checks: { name: string; title: string }[] }
  | { type: 'result'; result: CheckResult }
  | { type: 'step'; stage: string; done: number; total: number }
  | { type: 'done'; report: DoctorReport }
  | { type: 'failed'; code: string; message: string };
