import { randomUUID } from 'node:crypto';
import type { SessionSummary } from '../../contract/chat.ts';
import type { SessionKey } from '../../contract/ids.ts';
import type { SessionShelf } from '../../data/session-shelf.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { sessionNotFound } from '../session-access.ts';
import { initLine, turnLine } from '../session-state.ts';
import type { AgentrailSessionStore, SessionInit, TurnRecord } from '../store.ts';
import { createTraceWriter } from '../trace-writer.ts';
import { appendRows } from './append.ts';
import type { PostgresLimits } from './connection.ts';
import { createDatabase, type Database, type Queries } from './database.ts';
import { createDocumentMethods, writeTrace } from './document-methods.ts';
import { createHeldRuns, type HeldRuns, ownAndAllowed, whenHeld } from './held-runs.ts';
import { createHistoryMethods } from './history-methods.ts';
import { listSessions } from './list-sessions.ts';
import { channel } from './listener.ts';
import { toAppendRows } from './message-rows.ts';
import { migrate } from './migrate.ts';
import { createPostgresShelf } from './postgres-shelf.ts';
import { plain, type StoredSession, toSessionRow, toSummary } from './session-rows.ts';
import { createSessionTable, type SessionTable } from './session-table.ts';
import { allTotals, totals } from './totals.ts';
import { vacuum } from './vacuum.ts';

export interface PostgresSessionStoreOptions {
  /** `postgres://user:password@host/database`. Its user must be allowed to make a schema, at least the first time. */
  url: string;
  logger: Logger;
  clock: Clock;
  limits?: Partial<PostgresLimits>;
  /** Removes what lies outside of the database and belongs to a session that was deleted. Must not reject. */
  onDeleted?(key: SessionKey): Promise<void>;
}

/** Keeps sessions in Postgres, for one or several instances of the server. Connects when it is first used. */
export interface PostgresSessionStore extends AgentrailSessionStore {
  readonly database: Database;
  readonly shelf: SessionShelf;
  /** Tells its own deletions from those of others. */
  readonly origin: string;
  /** Told by whoever claims sessions for runs. Without any, whoever has no claim may write what nobody claimed. */
  readonly held: HeldRuns;
}

/** An address that is none is told at every use: AppError `invalid_database_url` (503). */
export function createPostgresSessionStore(options: PostgresSessionStoreOptions): PostgresSessionStore {
  const { clock } = options;
  const logger = options.logger.child({ component: 'sessions' });
  const origin = randomUUID();
  let hasTrigrams = false;
  const database = createDatabase({
    ...options,
    async prepare(queries) {
      ({ hasTrigrams } = await migrate(queries, logger));
    },
  });
  const table = createSessionTable(database, createHeldRuns());
  const { inOrder } = table;
  const documents = createDocumentMethods(table);
  const traces = createTraceWriter({ clock, logger, write: (key, lines) => writeTrace(table, key, lines) });
  const reading: Queries = { rows: database.read };

  return {
    kind: 'postgres',
    origin,
    shelf: createPostgresShelf(database),
    database,
    held: table.held,
    ...createHistoryMethods(table, clock),
    ...documents,
    async readTrace(key, page) {
      await traces.flush(key);
      return documents.readTrace(key, page);
    },
    getOrCreate: (key, init) => inOrder(key, () => getOrCreate(table, key, init, clock.now())),
    get: (key) => inOrder(key, async () => toSessionRow(await table.own(key))),
    async list(query) {
      table.refuseWhenClosed();
      return listSessions(database, query, () => hasTrigrams);
    },
    async totals(tenantId) {
      table.refuseWhenClosed();
      return totals(reading, tenantId);
    },
    async allTotals() {
      table.refuseWhenClosed();
      return allTotals(reading);
    },
    async scrub() {
      table.refuseWhenClosed();
      await vacuum({ url: options.url, logger });
    },
    addFiles: (key, write) =>
      inOrder(key, async () => {
        await table.own(key);
        await countMore(table, key, await write());
      }),
    async appendMessages(key, messages) {
      const made = toAppendRows(messages);
      return inOrder(key, async () => {
        if (made.bodies.length === 0) await table.own(key);
        else await appendRows(table, key, made);
      });
    },
    recordTurn: (key, turn) => inOrder(key, () => recordTurn(table, key, turn, clock.now())),
    update: (key, { title }) =>
      inOrder(key, async () => {
        if (title === undefined) return toSummary(await table.own(key));
        const [found] = await database.write<StoredSession>(
          `UPDATE agentrail.sessions SET title = $4
            WHERE tenant_id = $1 AND session_id = $2 AND user_id = $3 RETURNING *`,
          [key.tenantId, key.sessionId, key.userId, plain(title)],
        );
        if (found === undefined) throw sessionNotFound();
        return toSummary(found);
      }),
    async delete(key) {
      await traces.flush(key);
      await inOrder(key, () => remove(table, key, origin));
      await options.onDeleted?.(key);
    },
    trace(key, runId, event) {
      if (!table.isClosing()) traces.add(key, runId, event);
    },
    async ping() {
      table.refuseWhenClosed();
      await database.ping();
    },
    close: () => table.close(() => traces.flush()),
  };
}

async function getOrCreate(
  table: SessionTable,
  key: SessionKey,
  init: SessionInit,
  now: number,
): Promise<SessionSummary> {
  const { tenantId, sessionId, userId } = key;
  const stateBytes = Buffer.byteLength(JSON.stringify(initLine(key, init, now))) + 1;
  await table.database.write(
    `INSERT INTO agentrail.sessions (tenant_id, session_id, user_id, agent_id, title, created_at, active_at, size_bytes)
      VALUES ($1, $2, $3, $4, $5, $6, $6, $7) ON CONFLICT (tenant_id, session_id) DO NOTHING`,
    [tenantId, sessionId, userId, plain(init.agentId), plain(init.title), now, stateBytes],
  );
  return toSummary(await table.own(key));
}

const addTurn = `${whenHeld},
  own AS (
    UPDATE agentrail.sessions SET turns = turns + 1, input_tokens = input_tokens + $5,
      output_tokens = output_tokens + $6, cache_read_tokens = cache_read_tokens + $7,
      cache_write_tokens = cache_write_tokens + $8, total_tokens = total_tokens + $9, cost = cost + $10,
      stop_reason = $11, active_at = greatest(active_at, $12), size_bytes = size_bytes + $13
    WHERE ${ownAndAllowed} RETURNING no, turns
  )
  INSERT INTO agentrail.turns (session_no, no, line) SELECT no, turns, $14 FROM own RETURNING no`;

async function recordTurn(table: SessionTable, key: SessionKey, turn: TurnRecord, now: number): Promise<void> {
  const { usage } = turn;
  const line = JSON.stringify(turnLine(turn.turn, turn, now));
  const added = await table.database.write(addTurn, [
    ...table.parameters(key),
    ...[usage.inputTokens, usage.outputTokens, usage.cacheReadTokens, usage.cacheWriteTokens, usage.totalTokens],
    ...[usage.cost, plain(turn.stopReason), now, Buffer.byteLength(line) + 1, line],
  ]);
  if (added.length === 0) throw await table.refuse(key);
}

/** With everything that names it, but not the claim of a run that still goes on. */
async function remove(
  { database }: SessionTable,
  { tenantId, sessionId, userId }: SessionKey,
  origin: string,
): Promise<void> {
  const removed = await database.write(
    `WITH gone AS (
        DELETE FROM agentrail.sessions WHERE tenant_id = $1 AND session_id = $2 AND user_id = $3 RETURNING 1
      ), over AS (
        DELETE FROM agentrail.runs WHERE tenant_id = $1 AND session_id = $2 AND ended_at IS NOT NULL
          AND EXISTS (SELECT FROM gone) RETURNING run_id
      ), events AS (
        DELETE FROM agentrail.run_events WHERE run_id IN (SELECT run_id FROM over)
      )
      SELECT pg_notify('${channel}', json_build_object('topic', 'deleted',
          'about', $1::text || '/' || $2::text || '/' || $4::text)::text)
        FROM gone`,
    [tenantId, sessionId, userId, origin],
  );
  if (removed.length === 0) throw sessionNotFound();
}

/** What lies outside of the database and belongs to the session. */
async function countMore({ database }: SessionTable, { tenantId, sessionId, userId }: SessionKey, bytes: number) {
  await database.write(
    `UPDATE agentrail.sessions SET size_bytes = size_bytes + $4
      WHERE tenant_id = $1 AND session_id = $2 AND user_id = $3`,
    [tenantId, sessionId, userId, bytes],
  );
}
