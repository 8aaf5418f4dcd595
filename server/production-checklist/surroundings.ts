import type { BackupInfo, DrillRecord, VerifyReport } from '../contract/backups.ts';
import type { Config, ConfigFault, ConfigSource } from '../contract/config.ts';
import type { EngineStatus, ImageStatus } from '../contract/sandbox.ts';
import type { VaultStatus } from '../contract/secrets.ts';
import type { SandboxTrial } from '../sandbox/sandbox-trial.ts';

/** The last look for stored secrets in places where they should not be. */
export interface LeakSweepSummary {
  sweptAt: number;
  /** Places that hold a stored value. */
  findings: number;
}

/** What is known of versions newer than this one. */
export interface UpdateKnowledge {
  /** Absent: this is the newest. */
  latest?: string;
  checkedAt: number;
  /** Why it could not be found out. */
  problem?: string;
}

/** Pauses between the end of an answer and the next message of the same conversation, in milliseconds. */
export interface MeasuredPauses {
  sessions: number;
  pausesMs: number[];
}

/** What the checks look at. What rejects makes a check one that could not be made, with the rejection as its reason. */
export interface ChecklistSurroundings {
  /** Absolute. */
  dataDir: string;
  version: string;
  now(): number;
  monotonic(): number;
  settings(): Config;
  /** Where a setting comes from; undefined for a path that is none. */
  sourceOf(path: string): ConfigSource | undefined;
  configFile(): string;
  /** Faults and notes of the file: keys in it are among them. */
  configRemarks(): ConfigFault[];
  vault(): Promise<VaultStatus & { file: string }>;
  /** Names of secrets that are set, wherever. */
  secretNames(): Promise<readonly string[]>;
  /** Of UI_SECRET_TOKEN; undefined: it is not set. Its length is absent where it cannot be read. */
  token(): Promise<{ length?: number } | undefined>;
  /** Undefined: nothing listens. */
  serverAddress(): string | undefined;
  engine(): Promise<EngineStatus>;
  image(): Promise<ImageStatus>;
  /** One that runs is shared by all who ask while it does. */
  trySandbox(signal: AbortSignal): Promise<SandboxTrial>;
  pauses(signal: AbortSignal): Promise<MeasuredPauses>;
  store(): Promise<{ kind: 'files' | 'postgres'; instances?: number }>;
  /** `drill`: the latest that brought an archive back. */
  newestBackup(): Promise<{ backup?: BackupInfo; dir: string; drill?: DrillRecord }>;
  verifyBackup(name: string, signal: AbortSignal): Promise<VerifyReport>;
  /** Writes a line and looks for it; undefined: this process does not write the log. */
  tryLog?(signal: AbortSignal): Promise<{ isFound: boolean; tookMs: number }>;
  /** Undefined: there was none. Absent: nothing sweeps. */
  lastLeakSweep?(): Promise<LeakSweepSummary | undefined>;
  /** Absent: nothing looks for updates. */
  updates?(): Promise<UpdateKnowledge | undefined>;
}
