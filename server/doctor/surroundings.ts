import type { CleanUpPlan } from '../contract/clean-up.ts';
import type { Config, ConfigFault, ConfigValue } from '../contract/config.ts';
import type { IntegrityFinding } from '../contract/doctor.ts';
import type { EngineStatus, ImageStatus } from '../contract/sandbox.ts';
import type { VaultStatus } from '../contract/secrets.ts';
import type { LockState } from '../data/lock.ts';
import type { Clock } from '../lib/clock.ts';

export interface KnownSettings {
  settings: Config;
  faults: ConfigFault[];
  /** Deprecations and misplaced secrets. */
  notes: ConfigFault[];
  values: ConfigValue[];
  file: string;
}

/** What doctor looks at: that of the running program, or what a command finds by itself. */
export interface DoctorSurroundings {
  /** Absolute. */
  dataDir: string;
  clock: Clock;
  /** `own`: this process owns the data directory. */
  ownership(): Promise<LockState | { state: 'own'; isHeld: boolean }>;
  config(): KnownSettings;
  /** What programs are found by. */
  environment: Readonly<Record<string, string>>;
  fetch: typeof fetch;
  /** Looks for an engine now. */
  engine(): Promise<EngineStatus>;
  /** The sandbox image at the engine; undefined while there is no engine. */
  image(): Promise<ImageStatus | undefined>;
  /** What could be cleaned up at the engine; undefined while there is no engine. */
  leftovers(): Promise<CleanUpPlan | undefined>;
  /** Address of the server when this process runs it. */
  ownAddress(): string | undefined;
  /** Providers whose key is set, with where they are asked. */
  providers(): { name: string; url: string }[];
  lastBackupAt(): Promise<number | undefined>;
  /** Sessions lie in this database and not in files. */
  databaseUrl(): string | undefined;
  vault(): Promise<VaultStatus>;
  /** Ids of the sessions that the list of a tenant shows. Absent: the index is read from its file. */
  listed?(tenantId: string): Promise<ReadonlySet<string>>;
  /** When this program began, by both clocks. */
  beganAt?: { now: number; monotonic: number };
  /** Told of everything that is wrong in the data directory. */
  onFinding?(finding: IntegrityFinding): void;
  onStep?(done: number, total: number): void;
}
