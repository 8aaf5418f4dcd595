import type { ChatRequest, RunInfo } from '../contract/chat.ts';
import type { CompactionResult, NumberedEvent, RunEvent } from '../contract/events.ts';
import type { SessionKey } from '../contract/ids.ts';
import type { Message } from '../contract/messages.ts';
import type { RespondAnswer, RespondRequest } from '../contract/permissions.ts';

/** A run that was started. */
export interface RunHandle {
  readonly runId: string;
  readonly sessionId: string;
  info(): RunInfo;
  /**
   * Events with a sequence above `after` (0: all), then live ones, until the last. When the wanted ones left the
   * buffer, one `snapshot` comes first. Leaving the iteration early counts as a client that went away.
   */
  events(after?: number): AsyncIterable<NumberedEvent>;
  /** Resolves after the last event; never rejects. */
  done: Promise<void>;
}

/** A file that came with a message. */
export interface IncomingFile {
  /** As the client called it: not safe to use in a path. */
  name: string;
  mimeType: string;
  sizeBytes: number;
  read(): Promise<Uint8Array>;
  /** It was kept elsewhere: the bytes may go. Never rejects. */
  discard?(): Promise<void>;
}

/** What a door may hand a run besides the request. */
export interface RunExtras {
  /** What was said before: becomes the history of a session that has none yet. */
  history?: readonly Message[];
  /** Told to the model below the agent's own prompt, in this run only. */
  system?: string;
  /** In the place of the configured ones, in this run only. */
  settings?: { temperature?: number; maxTokens?: number };
  /** Read while the run begins; whoever hands them over lets go of them at the latest when the run is done. */
  files?: readonly IncomingFile[];
}

/** Hears every event of a run, deltas included, before its readers do. Must be quick and not throw. */
export type RunTap = (run: RunInfo) => (event: RunEvent) => void;

/** Runs at other instances of the server on the same store. */
export interface RunsElsewhere {
  /** Going on, or over for a few minutes. */
  find(runId: string): Promise<RunHandle | undefined>;
  /** Those that go on. */
  list(): Promise<RunInfo[]>;
  /** False when no such run is known. Throws AppError `instance_unreachable` (503). */
  abort(runId: string, reason: string): Promise<boolean>;
  /** The instances that live, this one among them, the longest first. Absent: this is the only one. */
  instances?(): Promise<LiveInstance[]>;
}

/** An instance of the server that said lately that it lives. Time in milliseconds since 1970. */
export interface LiveInstance {
  host: string;
  startedAt: number;
  isSelf: boolean;
}

/** Owns the runs that are going on: one per session, at most `server.maxConcurrentRuns`. */
export interface RunManager {
  /** Throws AppError `session_busy` (409, details {runId}), `too_many_runs` (429), `draining` (503), `session_not_found`. */
  start(request: ChatRequest, extras?: RunExtras): Promise<RunHandle>;
  /**
   * Shortens a session now. Throws AppError `nothing_to_compact` (409), `session_busy` (409), `draining` (503),
   * `session_not_found`.
   */
  compact(key: SessionKey): Promise<CompactionResult>;
  /**
   * Answers what a run waits for, or the question that a session is idle on: then a new run goes on. Throws AppError
   * `nothing_pending` (404), `session_not_found`.
   */
  respond(key: SessionKey, answer: RespondRequest): Promise<RespondAnswer>;
  /**
   * Keeps runs and compactions out of a session until the returned function is called: for its deletion. Ends what goes
   * on there, with `ends` as the reason; without one that is refused: AppError `session_busy` (409, details {runId}).
   */
  hold(key: SessionKey, ends?: string): Promise<() => void | Promise<void>>;
  get(runId: string): RunHandle | undefined;
  /** Absent: this is the only instance. */
  readonly elsewhere?: RunsElsewhere;
  /** Running ones, and those that ended in the last minutes; newest first. */
  list(): RunInfo[];
  /**
   * Ends a run that waits for nothing but an answer to its question; the next message in its session is the answer. Does
   * nothing to any other run.
   */
  putAside(runId: string): void;
  /** Idempotent; false when no such run is known. */
  abort(runId: string, reason: string): boolean;
  /** Called on every change of a run; must not throw. Returns the unsubscriber. */
  subscribe(listener: (run: RunInfo) => void): () => void;
  /** No new runs; waits up to drainMs for those going on, then aborts the rest and waits for their end. */
  drain(drainMs: number): Promise<void>;
}
