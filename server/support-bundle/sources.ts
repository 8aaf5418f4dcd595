import type { Config, ConfigValue } from '../contract/config.ts';
import type { Problem } from '../contract/console-events.ts';
import type { DoctorReport } from '../contract/doctor.ts';
import type { SessionKey } from '../contract/ids.ts';
import type { LogLine } from '../contract/logs.ts';
import type { EngineStatus, ImageStatus, SandboxInfo } from '../contract/sandbox.ts';
import type { SecretInfo, VaultStatus } from '../contract/secrets.ts';
import type { Readiness, ServerState } from '../contract/server-state.ts';

/** Where the parts of a bundle come from. What a command has not is absent. */
export interface BundleSources {
  /** Absolute. */
  dataDir: string;
  /** Of the person; told as `~`. */
  home: string;
  version: string;
  config(): { settings: Config; values: ConfigValue[]; file: string };
  doctor(signal: AbortSignal): Promise<DoctorReport>;
  /** Newest last. */
  logs(lines: number, signal: AbortSignal): Promise<LogLine[]>;
  server?(): { state: ServerState; readiness: Promise<Readiness> | undefined };
  problems?(): readonly Problem[];
  engine(): Promise<{ engine: EngineStatus; image?: ImageStatus; sandboxes?: SandboxInfo[] }>;
  secrets?(): { vault: VaultStatus; list: SecretInfo[] };
  session?(key: SessionKey, signal: AbortSignal): Promise<AsyncIterable<string | Uint8Array>>;
}
