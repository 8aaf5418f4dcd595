import type { RunInfo } from '../contract/chat.ts';
import type { Problem } from '../contract/console-events.ts';
import type { FirstRun } from '../contract/first-run.ts';
import type { Notice } from '../contract/notices.ts';
import type { EngineStatus, ImageStatus, SandboxInfo } from '../contract/sandbox.ts';
import type { VaultStatus } from '../contract/secrets.ts';
import type { ServerState } from '../contract/server-state.ts';
import type { UsageSum } from '../contract/usage.ts';

/** Space on the volume of the data directory. */
export interface DiskUse {
  totalBytes: number;
  freeBytes: number;
  /** What the data directory itself holds. */
  usedBytes: number;
}

/** The console's own use of this machine. */
export interface ProcessUse {
  /** Of one core, since the last time it was asked. */
  cpuPct: number;
  memoryBytes: number;
  uptimeMs: number;
  openHandles: number;
}

/** The whole picture in one answer; afterwards events keep it true. */
export interface ConsoleState {
  version: string;
  dataDir: string;
  /** As Node names it: linux, darwin, win32. */
  platform: string;
  server: ServerState;
  runs: RunInfo[];
  sandboxes: SandboxInfo[];
  engine: EngineStatus;
  image: ImageStatus;
  problems: Problem[];
  vault: VaultStatus;
  /** Newest first. */
  notices: Notice[];
  /** Since local midnight. */
  usageToday: UsageSum;
  /** Null when it cannot be told. */
  disk: DiskUse | null;
  process: ProcessUse;
  /** Absent: this server was set up by somebody else. */
  firstRun?: FirstRun;
  /** Names this process: event ids of another epoch are worthless. */
  epoch: string;
}
