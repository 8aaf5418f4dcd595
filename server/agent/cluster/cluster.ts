import type { RunInfo } from '../../contract/chat.ts';
import type { RunEvent } from '../../contract/events.ts';
import type { SessionKey } from '../../contract/ids.ts';
import type { Message } from '../../contract/messages.ts';
import type { RespondAnswer, RespondRequest } from '../../contract/permissions.ts';
import type { RunManager, RunsElsewhere } from '../runs.ts';

/** Hears what a run tells, as its event log does, for readers at other instances. Must not throw. */
export interface EventMirror {
  append(event: RunEvent): void;
  complete(messages: readonly Message[]): void;
  end(): void;
}

/** What instances of the server on one store do together. */
export interface Cluster extends RunsElsewhere {
  /**
   * Takes a session for a run, on behalf of all instances, and gives back what lets go of it. Throws AppError
   * `session_busy` (409, details {runId}), `session_not_found`, `storage_unavailable`.
   */
  claim(key: SessionKey, runId: string): Promise<() => Promise<void>>;
  /** For a claimed run that begins now. */
  mirror(run: RunInfo): EventMirror | undefined;
  /** Answers what a run at another instance waits for; undefined when no other has a run in this session. */
  respond(key: SessionKey, answer: RespondRequest): Promise<RespondAnswer | undefined>;
  /** Called when a session was deleted at another instance. Must not throw. */
  onDeleted(listener: (session: { tenantId: string; sessionId: string }) => void): () => void;
  /** The runs of this instance, which others may ask for from now on. */
  serve(runs: RunManager): void;
  /** Tells what is still to be told, lets go of everything. Idempotent. */
  close(): Promise<void>;
}

/** One instance by itself. */
export const alone: Cluster = {
  claim: async () => async () => undefined,
  mirror: () => undefined,
  respond: async () => undefined,
  find: async () => undefined,
  list: async () => [],
  abort: async () => false,
  onDeleted: () => () => undefined,
  serve: () => undefined,
  close: async () => undefined,
};
