import type { RunInfo } from './chat.ts';
import type { LogLine } from './logs.ts';
import type { Notice } from './notices.ts';
import type { EngineStatus, ImageStatus, SandboxInfo, SandboxStats } from './sandbox.ts';
import type { SecretInfo } from './secrets.ts';
import type { ServerState } from './server-state.ts';

/** Something a person should look at, with the page that fixes it. */
export interface Problem {
  /** Stable code; one problem per code and subject. */
  code: string;
  severity: 'warn' | 'bad';
  /** Values for the translated sentence, for instance a variable's name. */
  params: Record<string, string>;
  page: 'overview' | 'sandboxes' | 'secrets' | 'settings' | 'logs' | 'data';
}

/**
 * What travels on the console's one event stream. State events carry the whole new state of their subject, so the last
 * one of each kind is enough and applying one twice does no harm.
 */
export type ConsoleEvent =
  | { type: 'hello'; epoch: string; version: string }
  /** Events were missed and cannot be replayed: fetch everything again. */
  | { type: 'reset' }
  | { type: 'server'; state: ServerState }
  | { type: 'run'; run: RunInfo }
  | { type: 'sandbox'; sandbox: SandboxInfo }
  | { type: 'engine'; engine: EngineStatus; image: ImageStatus }
  | { type: 'stats'; stats: SandboxStats[] }
  | { type: 'secret'; secret: SecretInfo }
  | { type: 'settings' }
  | { type: 'problems'; problems: Problem[] }
  /** A new one, or one that changed. */
  | { type: 'notice'; notice: Notice }
  /** All of them, newest first, after a person did something to the list. */
  | { type: 'notices'; notices: Notice[] }
  | { type: 'logs'; lines: LogLine[]; dropped: number };

export type ConsoleEventType = ConsoleEvent['type'];
