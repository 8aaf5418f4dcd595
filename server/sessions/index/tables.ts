import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { SessionSummary } from '../../contract/chat.ts';
import type { SessionRow, TenantTotals } from '../../contract/sessions.ts';
import type { SessionQuery } from '../store.ts';
import { textsPerSession } from './schema.ts';

/**
 * Sizes of a session's files in bytes; `extra` is everything but state, messages and trace. `messagesFile` tells one
 * messages.jsonl from the next; 0 is none.
 */
export interface SessionSizes {
  state: number;
  messages: number;
  messagesFile: number;
  trace: number;
  extra: number;
}

/** What every change of a session's files shows in. */
export type Glance = Pick<SessionSizes, 'state' | 'messages' | 'messagesFile'>;

/** A session as the index keeps it. */
export interface IndexedSession {
  summary: SessionSummary;
  stopReason: string | undefined;
  sizes: SessionSizes;
}

/** What a search reads of a text. The title of a session is its text number 0. */
export interface IndexedText {
  id: number;
  role: 'user' | 'assistant' | null;
  at: number | null;
  text: string;
}

/** A session whose history is in up to byte `from` but was written up to byte `to`. */
export interface BehindSession {
  no: number;
  id: string;
  from: number;
  to: number;
}

/** A row with its number in the index. */
export interface NumberedRow {
  no: number;
  row: SessionRow;
}

type Place = Pick<SessionSummary, 'lastActiveAt' | 'sessionId'>;
/** `titleLikes`: patterns for LIKE, escaped with a backslash. */
export type PageFilter = Pick<SessionQuery, 'userId' | 'agentId' | 'lastStopReason'> & {
  after?: Place | undefined;
  titleLikes?: string[];
};

/** The statements over one index file. Each throws what SQLite throws. */
export type Tables = ReturnType<typeof createTables>;

export function createTables(database: DatabaseSync, tenantId: string) {
  const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  const sql = (text: string): ReturnType<DatabaseSync['prepare']> => {
    const statement = prepared.get(text) ?? database.prepare(text);
    prepared.set(text, statement);
    return statement;
  };

  function upsert({ summary, stopReason, sizes }: IndexedSession): void {
    sql(upsertSession).run({ ...summaryParameters(summary), stop: stopReason ?? null, ...sizes });
  }

  /** Changes a row that is there; false when there is none. Sizes that are absent stay. */
  function update(summary: SessionSummary, stopReason: string | undefined, sizes: Partial<SessionSizes>): boolean {
    const changed = sql(updateSession).run({
      ...summaryParameters(summary),
      stop: stopReason ?? null,
      state: sizes.state ?? null,
      messages: sizes.messages ?? null,
      messagesFile: sizes.messagesFile ?? null,
      trace: sizes.trace ?? null,
      extra: sizes.extra ?? 0,
    });
    return changed.changes === 1;
  }

  /**
   * Makes a title searchable. In a transaction, texts come after all rows: a change of a row makes the full-text index
   * write out what it gathered, which is slow.
   */
  function putTitle(sessionId: string, title: string): void {
    const no = numberOf(sessionId);
    if (no === undefined) return;
    const id = no * textsPerSession;
    const before = sql('SELECT text FROM texts WHERE id = ?').get(id);
    if (before?.text === title) return;
    if (before !== undefined) removeText(id);
    putText({ id, role: null, at: null, text: title });
  }

  function putText({ id, role, at, text }: IndexedText): void {
    sql('INSERT INTO texts VALUES (?, ?, ?, ?)').run(id, role, at, text);
    sql('INSERT INTO found (rowid, text) VALUES (?, ?)').run(id, text);
  }

  function removeText(id: number): void {
    sql('DELETE FROM found WHERE rowid = ?').run(id);
    sql('DELETE FROM texts WHERE id = ?').run(id);
  }

  function numberOf(sessionId: string): number | undefined {
    return sql('SELECT no FROM sessions WHERE id = ?').get(sessionId)?.no as number | undefined;
  }

  /** Rows in the order of the list, from the one after `after`. */
  function* rowsAfter(filter: PageFilter, limit = -1): Generator<NumberedRow, void, undefined> {
    const { clauses, values } = conditionsOf(filter);
    const where = clauses.length === 0 ? '' : `WHERE ${clauses.join(' AND ')}`;
    const order = 'ORDER BY active_at DESC, id DESC LIMIT ?';
    for (const found of sql(`SELECT * FROM sessions ${where} ${order}`).iterate(...values, limit)) {
      yield { no: Number(found.no), row: toRow(tenantId, found) };
    }
  }

  return {
    upsert,
    update,
    putTitle,
    putText,
    removeText,
    numberOf,
    rowsAfter,
    remove(sessionId: string): void {
      sql('DELETE FROM sessions WHERE id = ?').run(sessionId);
    },
    get(sessionId: string): SessionRow | undefined {
      const found = sql('SELECT * FROM sessions WHERE id = ?').get(sessionId);
      return found === undefined ? undefined : toRow(tenantId, found);
    },
    glance(sessionId: string): Glance | undefined {
      return sql(`SELECT state_bytes AS state, messages_bytes AS messages, messages_file AS messagesFile
        FROM sessions WHERE id = ?`).get(sessionId) as Glance | undefined;
    },
    rowsOf(numbers: readonly number[], filter: PageFilter, limit: number): NumberedRow[] {
      const { clauses, values } = conditionsOf(filter);
      const where = ['no IN (SELECT value FROM json_each(?))', ...clauses].join(' AND ');
      return sql(`SELECT * FROM sessions WHERE ${where} ORDER BY active_at DESC, id DESC LIMIT ?`)
        .all(JSON.stringify(numbers), ...values, limit)
        .map((found) => ({ no: Number(found.no), row: toRow(tenantId, found) }));
    },
    /** Ids after `last` in their own order. */
    sessionIds: (last: string, limit: number): string[] =>
      sql('SELECT id FROM sessions WHERE id > ? ORDER BY id LIMIT ?')
        .all(last, limit)
        .map(({ id }) => String(id)),
    totals(): TenantTotals {
      const found = sql('SELECT * FROM totals').get();
      return {
        sessions: Number(found?.sessions),
        turns: Number(found?.turns),
        sizeBytes: Number(found?.size_bytes),
        totalTokens: Number(found?.total_tokens),
        cost: Number(found?.cost),
      };
    },
    /** Ids of texts that match, newest session first. */
    matches: (match: string) => sql('SELECT rowid FROM found WHERE found MATCH ? ORDER BY rowid DESC').iterate(match),
    /** Texts of a session, newest first. */
    textsOf: (no: number) =>
      sql('SELECT * FROM texts WHERE id BETWEEN ? AND ? ORDER BY id DESC').iterate(
        no * textsPerSession,
        (no + 1) * textsPerSession - 1,
      ) as Iterable<IndexedText>,
    text: (id: number) => sql('SELECT * FROM texts WHERE id = ?').get(id) as IndexedText | undefined,
    behind: (limit: number) =>
      sql(`SELECT no, id, indexed_bytes AS "from", messages_bytes AS "to" FROM sessions
        WHERE indexed_bytes < messages_bytes ORDER BY active_at DESC LIMIT ?`).all(limit) as unknown as BehindSession[],
    lastTextOf: (no: number): number =>
      Number(
        sql('SELECT max(id) AS id FROM texts WHERE id BETWEEN ? AND ?').get(
          no * textsPerSession,
          (no + 1) * textsPerSession - 1,
        )?.id ?? no * textsPerSession,
      ),
    restart(no: number): void {
      sql('UPDATE sessions SET indexed_bytes = 0 WHERE no = ?').run(no);
    },
    /** Notes how far a history was taken in; false when it was removed or rewritten since `from` was noted. */
    advance(step: { no: number; from: number; to: number; readBytes: number; isEnd: boolean }): boolean {
      const { no, from, to, readBytes, isEnd } = step;
      const where = 'WHERE no = :no AND indexed_bytes = :from';
      const values = { no, from, readBytes };
      // What lies behind the last whole line is cut by the next append, so it does not count.
      const changed =
        isEnd && readBytes < to
          ? sql(`UPDATE sessions SET indexed_bytes = :readBytes,
              messages_bytes = CASE messages_bytes WHEN :to THEN :readBytes ELSE messages_bytes END ${where}`).run({
              ...values,
              to,
            })
          : sql(`UPDATE sessions SET indexed_bytes = :readBytes ${where}`).run(values);
      return changed.changes === 1;
    },
    /** After messages.jsonl was rewritten without texts that were new: what was in stays in. */
    rewritten(sessionId: string, bytes: number, file: number): void {
      sql(`UPDATE sessions SET messages_bytes = :bytes, messages_file = :file,
        indexed_bytes = CASE WHEN indexed_bytes >= messages_bytes THEN :bytes ELSE -1 END WHERE id = :id`).run({
        bytes,
        file,
        id: sessionId,
      });
    },
    nextPurge: () => sql('SELECT no FROM purges LIMIT 1').get()?.no as number | undefined,
    /** Up to `limit` texts of a session that is gone; false when there were none left. */
    purgeTexts(no: number, from: number, limit: number): boolean {
      const ids = sql('SELECT id FROM texts WHERE id BETWEEN ? AND ? LIMIT ?').all(
        no * textsPerSession + from,
        (no + 1) * textsPerSession - 1,
        limit,
      );
      for (const { id } of ids) removeText(Number(id));
      return ids.length > 0;
    },
    purged(no: number): void {
      sql('DELETE FROM purges WHERE no = ?').run(no);
    },
    isComplete: (): boolean => sql("SELECT value FROM facts WHERE name = 'complete'").get()?.value === 1,
    setComplete(): void {
      sql("REPLACE INTO facts VALUES ('complete', 1)").run();
    },
  };
}

const upsertSession = `
  INSERT INTO sessions (id, user_id, agent_id, title, turns, input_tokens, output_tokens, cache_read_tokens,
    cache_write_tokens, total_tokens, cost, created_at, active_at, stop_reason, state_bytes, messages_bytes,
    messages_file, trace_bytes, extra_bytes, indexed_bytes)
  VALUES (:id, :user, :agent, :title, :turns, :input, :output, :cacheRead, :cacheWrite, :total, :cost, :created,
    :active, :stop, :state, :messages, :messagesFile, :trace, :extra, 0)
  ON CONFLICT (id) DO UPDATE SET user_id = :user, agent_id = :agent, title = :title, turns = :turns,
    input_tokens = :input, output_tokens = :output, cache_read_tokens = :cacheRead, cache_write_tokens = :cacheWrite,
    total_tokens = :total, cost = :cost, created_at = :created, active_at = :active, stop_reason = :stop,
    state_bytes = :state, trace_bytes = :trace, extra_bytes = :extra,
    indexed_bytes = CASE WHEN :messages < messages_bytes OR :messagesFile <> messages_file THEN -1 ELSE indexed_bytes END,
    messages_bytes = :messages, messages_file = :messagesFile`;

const updateSession = `
  UPDATE sessions SET user_id = :user, agent_id = :agent, title = :title, turns = :turns, input_tokens = :input,
    output_tokens = :output, cache_read_tokens = :cacheRead, cache_write_tokens = :cacheWrite, total_tokens = :total,
    cost = :cost, created_at = :created, active_at = :active, stop_reason = :stop,
    state_bytes = coalesce(:state, state_bytes), messages_bytes = coalesce(:messages, messages_bytes),
    messages_file = coalesce(:messagesFile, messages_file),
    trace_bytes = coalesce(:trace, trace_bytes), extra_bytes = max(0, extra_bytes + :extra)
  WHERE id = :id`;

function summaryParameters(summary: SessionSummary): Record<string, SQLInputValue> {
  const { usage } = summary;
  return {
    id: summary.sessionId,
    user: summary.userId,
    agent: summary.agentId,
    title: summary.title,
    turns: summary.turns,
    input: usage.inputTokens,
    output: usage.outputTokens,
    cacheRead: usage.cacheReadTokens,
    cacheWrite: usage.cacheWriteTokens,
    total: usage.totalTokens,
    cost: usage.cost,
    created: summary.createdAt,
    active: summary.lastActiveAt,
  };
}

function conditionsOf({ userId, agentId, lastStopReason, after, titleLikes = [] }: PageFilter): {
  clauses: string[];
  values: SQLInputValue[];
} {
  const parts: [string, ...SQLInputValue[]][] = [];
  if (userId !== undefined) parts.push(['user_id = ?', userId]);
  if (agentId !== undefined) parts.push(['agent_id = ?', agentId]);
  if (lastStopReason !== undefined) parts.push(['stop_reason = ?', lastStopReason]);
  if (after !== undefined) parts.push(['(active_at, id) < (?, ?)', after.lastActiveAt, after.sessionId]);
  for (const like of titleLikes) parts.push(["title LIKE ? ESCAPE '\\'", like]);
  return { clauses: parts.map(([clause]) => clause), values: parts.flatMap(([, ...values]) => values) };
}

type Found = Record<string, unknown>;

function toRow(tenantId: string, found: Found): SessionRow {
  const number = (name: string): number => Number(found[name]);
  return {
    sessionId: String(found.id),
    tenantId,
    userId: String(found.user_id),
    agentId: String(found.agent_id),
    title: String(found.title),
    turns: number('turns'),
    usage: {
      inputTokens: number('input_tokens'),
      outputTokens: number('output_tokens'),
      cacheReadTokens: number('cache_read_tokens'),
      cacheWriteTokens: number('cache_write_tokens'),
      totalTokens: number('total_tokens'),
      cost: number('cost'),
    },
    createdAt: number('created_at'),
    lastActiveAt: number('active_at'),
    sizeBytes: number('state_bytes') + number('messages_bytes') + number('trace_bytes') + number('extra_bytes'),
    ...(typeof found.stop_reason === 'string' && { lastStopReason: found.stop_reason }),
  };
}
