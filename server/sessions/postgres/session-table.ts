import type { SessionKey } from '../../contract/ids.ts';
import { checkId } from '../../data/layout.ts';
import { AppError } from '../../lib/app-error.ts';
import { createKeyedQueue } from '../keyed-queue.ts';
import { sessionNotFound } from '../session-access.ts';
import type { Database, Queries } from './database.ts';
import { type HeldRuns, ownAndAllowed, refusal, whenHeld } from './held-runs.ts';
import type { StoredSession } from './session-rows.ts';

/** The way to a session's rows: calls of one session one after the other, owners checked, writes only while held. */
export interface SessionTable {
  readonly database: Database;
  readonly held: HeldRuns;
  /** Carries out `work` when everything asked before for this session is done. Checks the ids. */
  inOrder<T>(key: SessionKey, work: () => Promise<T>): Promise<T>;
  /** As `inOrder`, also after the store was told to close: for what was asked before. */
  inFlight<T>(key: SessionKey, work: () => Promise<T>): Promise<T>;
  /** Throws `session_not_found`. */
  own(key: SessionKey, queries?: Queries, lock?: 'FOR SHARE'): Promise<StoredSession>;
  /** Locks the session for writing, to the end of the transaction. Throws also `session_taken_over`, `session_busy`. */
  lock(key: SessionKey, queries: Queries): Promise<StoredSession>;
  /** What begins each statement of `whenHeld`. */
  parameters(key: SessionKey): [tenantId: string, sessionId: string, userId: string, runId: string | null];
  /** Tells why a statement of `whenHeld` changed nothing. */
  refuse(key: SessionKey): Promise<AppError>;
  isClosing(): boolean;
  /** Refuses new calls, lets `last` and what is under way finish. */
  close(last: () => Promise<void>): Promise<void>;
  refuseWhenClosed(): void;
}

export function createSessionTable(database: Database, held: HeldRuns): SessionTable {
  const queue = createKeyedQueue();
  let closing: Promise<void> | undefined;

  function refuseWhenClosed(): void {
    if (closing !== undefined) throw new AppError('store_closed', 'The server is shutting down.', { status: 503 });
  }

  async function inFlight<T>(key: SessionKey, work: () => Promise<T>): Promise<T> {
    checkId(key.tenantId, 'tenant id');
    checkId(key.sessionId, 'session id');
    checkId(key.userId, 'user id');
    return queue.run(`${key.tenantId}/${key.sessionId}`, work);
  }

  function parameters(key: SessionKey): ReturnType<SessionTable['parameters']> {
    return [key.tenantId, key.sessionId, key.userId, held.of(key) ?? null];
  }

  async function refuse(key: SessionKey, { rows }: Queries = { rows: database.read }): Promise<AppError> {
    const [found] = await rows<{ is: boolean }>(
      `${whenHeld} SELECT EXISTS (SELECT FROM allowed) AS is WHERE $3::text IS NOT NULL`,
      parameters(key),
    );
    return refusal(found?.is === true, held.of(key));
  }

  return {
    database,
    held,
    inFlight,
    async inOrder(key, work) {
      refuseWhenClosed();
      return inFlight(key, work);
    },
    async own(key, queries = { rows: database.read }, lock) {
      const [found] = await queries.rows<StoredSession>(
        `SELECT * FROM agentrail.sessions WHERE tenant_id = $1 AND session_id = $2 AND user_id = $3 ${lock ?? ''}`,
        [key.tenantId, key.sessionId, key.userId],
      );
      if (found === undefined) throw sessionNotFound();
      return found;
    },
    async lock(key, queries) {
      const [found] = await queries.rows<StoredSession>(
        `${whenHeld} SELECT * FROM agentrail.sessions WHERE ${ownAndAllowed} FOR UPDATE`,
        parameters(key),
      );
      if (found === undefined) throw await refuse(key, queries);
      return found;
    },
    parameters,
    refuse: (key) => refuse(key),
    refuseWhenClosed,
    isClosing: () => closing !== undefined,
    close(last) {
      closing ??= last()
        .then(() => queue.idle())
        .then(() => database.close());
      return closing;
    },
  };
}
