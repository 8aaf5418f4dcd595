import type { EngineStatus, ImageStatus, SandboxInfo, SandboxProcess, SandboxStats } from '../contract/sandbox.ts';
import type { BackgroundCommand, BackgroundCommands, BackgroundRequest } from './background-commands.ts';
import type { CleanUp } from './clean-up.ts';
import type { ShownByContainer } from './container-texts.ts';
import type { FileTree } from './files/file-tree.ts';
import type { SandboxImages } from './images.ts';
import type { TerminalProcess, TerminalRequest } from './terminal/terminal-process.ts';

/** A command to run as the sandbox's user. */
export interface ExecRequest {
  /** A program and its arguments, or a line for `bash -lc` (`sh -c` where there is no bash). */
  command: string[] | { shell: string };
  /** Inside the container; default `/workspace`. */
  cwd?: string;
  env?: Record<string, string>;
  /** Whole, or piece by piece as the command takes it. */
  stdin?: Uint8Array | AsyncIterable<Uint8Array>;
  /** The whole process tree is killed at this age. Default 120,000. */
  timeoutMs?: number;
  /** Of stdout and stderr together, from the beginning; what is over is dropped and told. Default 8 MiB. */
  maxOutputBytes?: number;
  /** Of the output over that so much of the end comes nevertheless, at most 256 KiB. Default 0. */
  tailBytes?: number;
  /** All of an output longer than `afterBytes` is kept in this file inside, which must not exist, up to `maxBytes`. */
  spill?: { path: string; afterBytes: number; maxBytes: number };
  /** False: output goes to `onOutput` only and none of it stays in memory. Default true. */
  isOutputKept?: boolean;
  /** Children that still run when the command ends are killed too. Default true. */
  killLeftovers?: boolean;
  /**
   * Must not throw or reject; called with each piece as it arrives. While promises that it gave are open the command
   * can print 1 MiB more and then waits.
   */
  onOutput?: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void | Promise<void>;
  /** So many bytes were dropped before the end, which follows. Must not throw. */
  onGap?: (bytes: number) => void;
  /** Kills the whole tree; the promise then resolves with `endedBy: 'abort'`. */
  signal?: AbortSignal;
}

export interface ExecResult {
  exitCode: number | null;
  /** Name such as SIGKILL when a signal ended it. */
  signal: string | null;
  /** Why it ended. */
  endedBy: 'exit' | 'timeout' | 'abort' | 'oom' | 'disk' | 'lost';
  stdout: Uint8Array;
  stderr: Uint8Array;
  /** Output was over the limit and its middle or end was dropped. */
  truncatedBytes: number;
  /** Where the spilled output is, and how much of it. */
  spilled?: { path: string; bytes: number };
  durationMs: number;
}

export interface SandboxEntry {
  /** Path below `/workspace`. */
  path: string;
  type: 'file' | 'directory' | 'symlink' | 'other';
  sizeBytes: number;
  modifiedAt: number;
}

export interface GrepRequest {
  pattern: string;
  path?: string;
  glob?: string;
  ignoreCase?: boolean;
  /** Most matching lines given back. */
  limit: number;
}

export interface GrepMatch {
  path: string;
  line: number;
  text: string;
}

/**
 * One session's sandbox. Paths are absolute inside the container or relative to `/workspace`; files outside
 * `/workspace` and `/tmp` cannot be written. Faults are AppErrors with the codes of docs/sandbox.md.
 */
export interface Sandbox {
  readonly info: SandboxInfo;
  exec(request: ExecRequest): Promise<ExecResult>;
  /** Runs on after the call, until it ends, is killed, or the sandbox goes. Counts as use all the time. */
  startBackground(request: BackgroundRequest): BackgroundCommand;
  /** The workspace as a person looks at it. */
  readonly files: FileTree;
  /** What runs inside, by number. */
  processes(): Promise<SandboxProcess[]>;
  /** Paths of the shells inside, the user's own first. */
  shells(): Promise<string[]>;
  /** Runs on a terminal of its own until it ends or is closed. Counts as use all the time. */
  openTerminal(request: TerminalRequest): TerminalProcess;
  /** The session's background commands: those that run, and the last ones that ended, in an earlier sandbox too. */
  readonly background: Pick<BackgroundCommands, 'find' | 'list' | 'takeEnded'>;
  /** `file_not_found`, `is_directory`, `file_too_large` (over maxBytes, default 10 MiB). */
  readFile(path: string, options?: { maxBytes?: number; signal?: AbortSignal }): Promise<Uint8Array>;
  /** Makes missing folders; replaces atomically. */
  writeFile(path: string, data: Uint8Array, options?: { signal?: AbortSignal }): Promise<void>;
  stat(path: string): Promise<SandboxEntry | undefined>;
  /** Newest first, as paths; `**` crosses folders. */
  glob(
    pattern: string,
    options: { path?: string; limit: number; signal?: AbortSignal },
  ): Promise<{ paths: string[]; hasMore: boolean }>;
  grep(request: GrepRequest, signal?: AbortSignal): Promise<{ matches: GrepMatch[]; hasMore: boolean }>;
}

export interface SweepReport {
  removed: string[];
  /** Ours by label, but their owner cannot be proven dead: shown, not removed. */
  kept: { name: string; reason: string }[];
}

export interface SandboxOwner {
  tenantId: string;
  sessionId: string;
  /** Whose settings count; absent: those of the sandbox that there is, else the common ones. */
  agentId?: string;
}

export interface SandboxManager {
  /** Looks for an engine now. Never throws. */
  probe(): Promise<EngineStatus>;
  engine(): EngineStatus;
  /** The sandbox image at the engine. Never throws. */
  image(): Promise<ImageStatus>;
  /** The running sandbox of the session, or a new one; concurrent asks share one creation. */
  acquire(owner: SandboxOwner, signal?: AbortSignal): Promise<Sandbox>;
  list(): SandboxInfo[];
  /** Whether containers should wait ready for sessions to come (`sandbox.warmPool`); off until told. */
  keepWarm(isWanted: boolean): void;
  /** Latest numbers of every running sandbox; measured at most once a second. */
  stats(): Promise<SandboxStats[]>;
  /** Moves the idle end to now + idleTimeoutMs. */
  keepAlive(id: string): void;
  /** Freezes it, which frees the processor but no memory; the next use resumes it. Throws `sandbox_busy`, `sandbox_not_found`. */
  pause(id: string): Promise<SandboxInfo>;
  /** Throws `sandbox_not_found`. */
  resume(id: string): Promise<SandboxInfo>;
  /** Ends it and makes a new one for its session, with the same workspace. Throws `sandbox_not_found`. */
  restart(id: string): Promise<SandboxInfo>;
  /** What the engine knows of its container. Throws `sandbox_not_found`. */
  inspect(id: string): Promise<unknown>;
  /** Kills everything inside and removes the container; already gone is success. The workspace stays. */
  destroy(id: string): Promise<void>;
  destroyAll(): Promise<{ destroyed: number; left: string[] }>;
  /** Removes containers whose owner is dead. */
  sweep(): Promise<SweepReport>;
  readonly images: SandboxImages;
  readonly cleanUp: CleanUp;
  /** What our containers show to whoever may ask the engine. Throws the engine's fault. */
  shownByContainers(): Promise<ShownByContainer[]>;
  /** Called on every change of a sandbox or the engine; must not throw. Returns the unsubscriber. */
  subscribe(listener: (change: { sandbox: SandboxInfo } | { engine: EngineStatus }) => void): () => void;
  /** destroyAll, timers off, connections closed. */
  close(): Promise<void>;
}
