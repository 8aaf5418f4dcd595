import type { SessionKey } from '../../contract/ids.ts';
import type { Message } from '../../contract/messages.ts';
import { archiveIdSchema, type HistoryEntry } from '../../contract/sessions.ts';
import { checkId } from '../../data/layout.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { keepWithinBudget, type PlacedMessage } from '../budgeted-history.ts';
import { compactionMessage, markerOf } from '../compaction-line.ts';
import { exportStream } from '../session-export.ts';
import { initLine } from '../session-state.ts';
import type { AgentrailSessionStore } from '../store.ts';
import type { Queries } from './database.ts';
import { messageOf, readBackwards, readForwards, readHistory } from './message-rows.ts';
import { plain, type StoredSession, toSessionRow, toSummary } from './session-rows.ts';
import type { SessionTable } from './session-table.ts';

type HistoryMethods = Pick<
  AgentrailSessionStore,
  | 'loadMessages'
  | 'loadMessagesWithBudget'
  | 'loadHistory'
  | 'loadAllMessages'
  | 'compact'
  | 'loadArchive'
  | 'fork'
  | 'export'
>;

/** Where a history is cut in two: `seq` is the first number behind the cut. */
interface Cut {
  seq: number;
  /** Messages before it, a summary not counted. */
  olderCount: number;
}

export function createHistoryMethods(table: SessionTable, clock: Clock): HistoryMethods {
  const { database, inOrder } = table;
  const reading: Queries = { rows: database.read };

  return {
    loadMessages: (key) =>
      inOrder(key, async () => {
        const own = await table.own(key);
        const messages: Message[] = [];
        let skippedLines = 0;
        for await (const row of readForwards(reading, own.no, liveOf(own))) {
          const message = messageOf(row);
          if (message === undefined) skippedLines += 1;
          else messages.push(message);
        }
        return { messages, skippedLines };
      }),
    loadMessagesWithBudget: (key, tokenBudget) =>
      inOrder(key, async () => {
        const own = await table.own(key);
        return keepWithinBudget(placed(reading, own), tokenBudget, (before) => summaryBefore(reading, own, before));
      }),
    loadHistory: (key) =>
      inOrder(key, async () => {
        const own = await table.own(key);
        return readHistory(reading, own.no, liveOf(own));
      }),
    async loadAllMessages(key) {
      const own = await inOrder(key, () => table.own(key));
      const messages: Message[] = [];
      let skippedLines = 0;
      for await (const entry of entriesOf(reading, own)) {
        if (entry === undefined) skippedLines += 1;
        else if ('role' in entry) messages.push(entry);
        else messages.push({ role: 'user', content: entry.summary, timestamp: entry.timestamp });
      }
      return { messages, skippedLines };
    },
    compact: (key, { messageCount, summary }) =>
      inOrder(key, () =>
        database.transaction(async (queries) => {
          const own = await table.lock(key, queries);
          const cut = await findCut(queries, own, messageCount, 'invalid_compaction');
          if (cut.olderCount === 0) throw invalid('invalid_compaction', 'There is nothing to compact.');
          const no = own.archives + 1;
          const archiveId = String(no).padStart(4, '0');
          const marker = compactionMessage({ archiveId, compressedCount: cut.olderCount }, summary, clock.now());
          const body = JSON.stringify(marker);
          const markerSeq = cut.seq - 1;
          await queries.rows(
            `INSERT INTO agentrail.messages (session_no, seq, role, is_marker, body) VALUES ($1, $2, 'user', true, $3)`,
            [own.no, markerSeq, body],
          );
          await queries.rows('INSERT INTO agentrail.archives VALUES ($1, $2, $3, $4)', [
            own.no,
            no,
            own.live_from,
            markerSeq,
          ]);
          await queries.rows(
            'UPDATE agentrail.sessions SET archives = $2, live_from = $3, size_bytes = size_bytes + $4 WHERE no = $1',
            [own.no, no, markerSeq, Buffer.byteLength(body) + 1],
          );
          return { archiveId, compressedCount: cut.olderCount };
        }),
      ),
    loadArchive: (key, archiveId) =>
      inOrder(key, async () => {
        const own = await table.own(key);
        if (!archiveIdSchema.safeParse(archiveId).success) throw archiveNotFound();
        const [range] = await reading.rows<{ from: number; to: number }>(
          `SELECT from_seq AS "from", to_seq AS "to" FROM agentrail.archives WHERE session_no = $1 AND no = $2::bigint`,
          [own.no, archiveId],
        );
        if (range === undefined) throw archiveNotFound();
        return readHistory(reading, own.no, range);
      }),
    fork: (key, to) =>
      inOrder(key, async () => {
        checkId(to.sessionId, 'session id');
        return database.transaction((queries) => fork(queries, key, to));
      }),
    async export(key, format) {
      const own = await inOrder(key, () => table.own(key));
      return exportStream(toSummary(own), format, readable(entriesOf(reading, own)));
    },
  };

  async function fork(
    queries: Queries,
    key: SessionKey,
    { sessionId, title, messageCount }: { sessionId: string; title?: string; messageCount?: number },
  ) {
    // Locked, so that nobody compacts it while its parts are copied.
    const source = await table.own(key, queries, 'FOR SHARE');
    if (sessionId === key.sessionId) throw sessionExists();
    const cut = await findCut(queries, source, messageCount, 'invalid_fork');
    const now = clock.now();
    const init = { agentId: source.agent_id, title: plain(title ?? source.title) };
    const stateBytes = Buffer.byteLength(JSON.stringify(initLine({ ...key, sessionId }, init, now))) + 1;
    const [made] = await queries.rows<StoredSession>(
      `INSERT INTO agentrail.sessions (tenant_id, session_id, user_id, agent_id, title, forked_from, created_at,
          active_at, next_seq, live_from, archives, size_bytes)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11)
        ON CONFLICT (tenant_id, session_id) DO NOTHING RETURNING *`,
      [
        ...[key.tenantId, sessionId, key.userId, init.agentId, init.title, key.sessionId, now],
        ...[cut.seq, source.live_from, source.archives, stateBytes],
      ],
    );
    if (made === undefined) throw sessionExists();
    const values = [made.no, source.no, cut.seq];
    const before = 'WHERE session_no = $2 AND seq < $3';
    await queries.rows(
      `INSERT INTO agentrail.messages SELECT $1, seq, role, is_marker, NULL, body FROM agentrail.messages ${before}`,
      values,
    );
    await queries.rows(
      `INSERT INTO agentrail.texts SELECT $1, seq, role, at, text FROM agentrail.texts ${before}`,
      values,
    );
    await queries.rows(
      `INSERT INTO agentrail.archives SELECT $1, no, from_seq, to_seq FROM agentrail.archives WHERE session_no = $2`,
      [made.no, source.no],
    );
    await queries.rows(
      `INSERT INTO agentrail.documents SELECT $1, kind, name, content FROM agentrail.documents
        WHERE session_no = $2 AND kind = 'artifact'`,
      [made.no, source.no],
    );
    const [counted] = await queries.rows<StoredSession>(
      `UPDATE agentrail.sessions SET size_bytes = size_bytes
          + (SELECT coalesce(sum(octet_length(body) + 1), 0) FROM agentrail.messages WHERE session_no = $1)
          + (SELECT coalesce(sum(octet_length(content)), 0) FROM agentrail.documents WHERE session_no = $1)
        WHERE no = $1 RETURNING *`,
      [made.no],
    );
    return toSessionRow(counted ?? made);
  }
}

function liveOf({ live_from, next_seq }: StoredSession) {
  return { from: live_from, to: next_seq };
}

async function* placed(queries: Queries, own: StoredSession): AsyncGenerator<PlacedMessage> {
  for await (const row of readBackwards(queries, own.no, liveOf(own)))
    yield { message: messageOf(row), start: row.seq };
}

/** The summary at the beginning of the history, unless it lies at or behind `before`. */
async function summaryBefore(queries: Queries, own: StoredSession, before: number): Promise<Message | undefined> {
  const { from } = liveOf(own);
  for await (const row of readForwards(queries, own.no, { from, to: Math.min(before, from + 1) }))
    if (row.is_marker) return messageOf(row);
  return undefined;
}

/** The whole history, archives in their places; a marker only where what it stands for is not there. */
async function* entriesOf(queries: Queries, own: StoredSession): AsyncGenerator<HistoryEntry | undefined> {
  let isFirst = true;
  for await (const row of readForwards(queries, own.no, { from: 0, to: own.next_seq })) {
    const message = messageOf(row);
    const marker = message && markerOf(message, row.is_marker);
    if (marker === undefined) yield message;
    else if (isFirst) yield marker;
    isFirst = false;
  }
}

async function* readable(entries: AsyncIterable<HistoryEntry | undefined>): AsyncGenerator<HistoryEntry> {
  for await (const entry of entries) if (entry !== undefined) yield entry;
}

/** After the first `messageCount` messages of the history; after all when it is absent. Throws AppError `code` (400). */
async function findCut(
  { rows }: Queries,
  own: StoredSession,
  messageCount: number | undefined,
  code: string,
): Promise<Cut> {
  const all = messageCount === undefined;
  const found = await rows<{ seq: number; role: string; is_marker: boolean }>(
    `SELECT seq, role, is_marker FROM agentrail.messages
      WHERE session_no = $1 AND seq >= $2 AND role <> '' ORDER BY seq ${all ? '' : 'LIMIT $3'}`,
    all ? [own.no, own.live_from] : [own.no, own.live_from, Math.max(0, messageCount) + 1],
  );
  const older = all ? found : found.slice(0, messageCount);
  if (!all && older.length < messageCount) throw invalid(code, 'The history has fewer messages than that.');
  if (!all && found[messageCount]?.role === 'toolResult') {
    throw invalid(code, 'A tool result cannot be parted from its call. Choose a place between turns.');
  }
  const last = older.at(-1);
  return {
    // A message's number is even and its summary's place the odd one behind it.
    seq: last === undefined ? Math.max(2, own.live_from) : last.seq + (last.is_marker ? 1 : 2),
    olderCount: older.filter(({ is_marker }) => !is_marker).length,
  };
}

function invalid(code: string, message: string): AppError {
  return new AppError(code, message, { status: 400 });
}

function archiveNotFound(): AppError {
  return new AppError('archive_not_found', 'This session has no such archive.', { status: 404 });
}

function sessionExists(): AppError {
  return new AppError('session_exists', 'There is a session with this id already. Choose another id.', { status: 409 });
}
