import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { idPattern } from '../../contract/ids.ts';
import { sessionLayout } from '../../data/layout.ts';
import { AppError } from '../../lib/app-error.ts';
import { archiveIds } from '../archives.ts';
import { markerOf } from '../compaction-line.ts';
import { textOf } from '../index/message-texts.ts';
import { parseMessage } from '../message-line.ts';
import { filesOfSession, linesOfFile } from '../session-files.ts';
import { applyLine, emptyState, type SessionState } from '../session-state.ts';
import type { Queries } from './database.ts';
import { plain } from './session-rows.ts';
import { toStoredLine } from './stored-line.ts';

/** So much travels in one statement. */
const batchBytes = 4 * 1024 * 1024;
const batchRows = 1000;
/** Postgres keeps no larger value. */
const maxFileBytes = 512 * 1024 * 1024;

/** Takes a session in from a folder of its files, with every line of them. Throws as `SessionShelf.takeIn`. */
export async function takeSessionIn(
  queries: Queries,
  at: { tenantId: string; sessionId: string },
  folder: string,
): Promise<void> {
  const { lines, summary, stopReason } = await readState(folder, at);
  const { usage } = summary;
  const [made] = await queries.rows<{ no: number }>(
    `INSERT INTO agentrail.sessions (tenant_id, session_id, user_id, agent_id, title, created_at, active_at,
        stop_reason, turns, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, total_tokens, cost)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
      ON CONFLICT (tenant_id, session_id) DO NOTHING RETURNING no`,
    [
      ...[at.tenantId, at.sessionId, summary.userId, plain(summary.agentId), plain(summary.title)],
      ...[whole(summary.createdAt), whole(summary.lastActiveAt), stopReason === undefined ? null : plain(stopReason)],
      ...[summary.turns, whole(usage.inputTokens), whole(usage.outputTokens), whole(usage.cacheReadTokens)],
      ...[whole(usage.cacheWriteTokens), whole(usage.totalTokens), usage.cost],
    ],
  );
  if (made === undefined) {
    const message = 'There is a session with this id already. Nothing of it was changed.';
    throw new AppError('session_exists', message, { status: 409 });
  }
  const { no } = made;
  await queries.rows(
    `INSERT INTO agentrail.turns SELECT $1, at - cardinality($2::text[]) - 1, line
      FROM unnest($2::text[]) WITH ORDINALITY AS l (line, at)`,
    [no, lines.map(toStoredLine)],
  );
  const history = await takeHistory(queries, no, folder);
  const traces = await takeTrace(queries, no, sessionLayout(folder).traceFile);
  const fileBytes = await takeDocuments(queries, no, folder, history.files);
  const stateBytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
  await queries.rows(
    `UPDATE agentrail.sessions SET next_seq = $2, live_from = $3, archives = $4, next_trace = $5, size_bytes = $6
      WHERE no = $1`,
    [
      ...[no, history.next, history.liveFrom, history.lastArchive, traces.next],
      stateBytes + history.bytes + traces.bytes + fileBytes,
    ],
  );
}

async function readState(folder: string, at: { tenantId: string; sessionId: string }) {
  const lines: Buffer[] = [];
  let state: SessionState = emptyState();
  for await (const line of linesOfFile(sessionLayout(folder).stateFile)) {
    lines.push(line);
    state = applyLine(state, line);
  }
  const { summary, stopReason, isDeleted } = state;
  if (summary === undefined) throw notASession('its session.jsonl does not say whose it is');
  if (isDeleted) throw notASession('it was deleted');
  if (summary.sessionId !== at.sessionId || summary.tenantId !== at.tenantId || !idPattern.test(summary.userId))
    throw notASession('its session.jsonl names another one');
  return { lines, summary, stopReason };
}

function notASession(why: string): AppError {
  return new AppError('not_a_session', `This folder is no session: ${why}. It was left where it is.`, { status: 400 });
}

interface TakenHistory {
  next: number;
  liveFrom: number;
  lastArchive: number;
  bytes: number;
  /** Names of the files that are in it. */
  files: Set<string>;
}

/** Archives and messages, oldest first; a summary stands on the odd number before the first message behind it. */
async function takeHistory(queries: Queries, no: number, folder: string): Promise<TakenHistory> {
  const chain = await chainOf(folder);
  const taken: TakenHistory = { next: 2, liveFrom: 0, lastArchive: 0, bytes: 0, files: new Set(chain) };
  const ids = (await archiveIds(sessionLayout(folder))).map(Number);
  taken.lastArchive = Math.max(0, ...ids.filter((id) => id < 2 ** 31 - 1));
  const rows = createRows(queries, no);
  for (const [place, name] of chain.entries()) {
    const isLive = place === chain.length - 1;
    let from = place === 0 ? 0 : taken.next;
    let isFirst = true;
    for await (const line of linesOfFile(path.join(folder, name))) {
      const message = parseMessage(line);
      const isMarker = isFirst && message !== undefined && markerOf(message, true) !== undefined;
      if (isMarker) from = taken.next - 1;
      await rows.add(isMarker ? taken.next - 1 : taken.next, isMarker, line, message);
      if (!isMarker) taken.next += 2;
      taken.bytes += line.length + 1;
      isFirst = false;
    }
    if (isLive) taken.liveFrom = from;
    else await rows.archive(Number(path.basename(name, '.jsonl')), from);
  }
  await rows.end(taken.liveFrom);
  return taken;
}

/** Names of the history's files, oldest first: as the first line of each names the archive before it. */
async function chainOf(folder: string): Promise<string[]> {
  const names = ['messages.jsonl'];
  for (let name = names[0] ?? ''; ; ) {
    const first = await firstLine(path.join(folder, name));
    const message = first && parseMessage(first);
    const archiveId = message && markerOf(message, true)?.archiveId;
    name = `messages.compactions/${archiveId}.jsonl`;
    // A number that is no file's own name would be written back under another one.
    if (archiveId === undefined || String(Number(archiveId)).padStart(4, '0') !== archiveId) return names;
    if (names.includes(name) || !(await isFile(path.join(folder, name)))) return names;
    names.unshift(name);
  }
}

async function firstLine(file: string): Promise<Buffer | undefined> {
  for await (const line of linesOfFile(file)) return line;
  return undefined;
}

async function isFile(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() === true && found.size > 0;
}

type Parsed = ReturnType<typeof parseMessage>;

function createRows({ rows }: Queries, no: number) {
  let batch: { seq: number; isMarker: boolean; role: string; body: string; message: Parsed }[] = [];
  let bytes = 0;
  const archives: { no: number; from: number }[] = [];

  async function flush(): Promise<void> {
    if (batch.length === 0) return;
    const all = batch;
    batch = [];
    bytes = 0;
    await rows(
      `INSERT INTO agentrail.messages (session_no, seq, role, is_marker, body)
        SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::boolean[], $5::text[])`,
      [no, all.map(({ seq }) => seq), all.map(({ role }) => role), all.map((m) => m.isMarker), all.map((m) => m.body)],
    );
    const texts = all.flatMap(({ seq, isMarker, message }) => {
      const text = message && !isMarker ? textOf(message) : undefined;
      return text === undefined ? [] : [{ ...text, seq }];
    });
    await rows(
      `INSERT INTO agentrail.texts (session_no, seq, role, at, text)
        SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::text[])`,
      [
        ...[no, texts.map(({ seq }) => seq), texts.map(({ role }) => role)],
        ...[texts.map(({ at }) => (Number.isSafeInteger(at) ? at : 0)), texts.map(({ text }) => plain(text))],
      ],
    );
  }

  return {
    async add(seq: number, isMarker: boolean, line: Buffer, message: Parsed) {
      batch.push({ seq, isMarker, role: message?.role ?? alien, body: toStoredLine(line), message });
      bytes += line.length;
      if (bytes >= batchBytes || batch.length >= batchRows) await flush();
    },
    /** The archive that the rows since the last one make up. */
    async archive(number: number, from: number) {
      archives.push({ no: number, from });
    },
    async end(liveFrom: number) {
      await flush();
      for (const [at, archive] of archives.entries()) {
        const to = archives[at + 1]?.from ?? liveFrom;
        await rows('INSERT INTO agentrail.archives VALUES ($1, $2, $3, $4)', [no, archive.no, archive.from, to]);
      }
    },
  };
}

/** The role of a row that holds no message. */
const alien = '';

async function takeTrace({ rows }: Queries, no: number, file: string) {
  let next = 1;
  let bytes = 0;
  let batch: string[] = [];
  let waiting = 0;
  const flush = async () => {
    await rows(
      `INSERT INTO agentrail.traces SELECT $1, $2 + at - 1, line FROM unnest($3::text[]) WITH ORDINALITY AS l (line, at)`,
      [no, next - batch.length, batch],
    );
    batch = [];
    waiting = 0;
  };
  for await (const line of linesOfFile(file)) {
    batch.push(toStoredLine(line));
    next += 1;
    bytes += line.length + 1;
    waiting += line.length;
    if (waiting >= batchBytes || batch.length >= batchRows) await flush();
  }
  if (batch.length > 0) await flush();
  return { next, bytes };
}

/** Notes, kept tool results, and whatever else lies there. */
async function takeDocuments({ rows }: Queries, no: number, folder: string, history: ReadonlySet<string>) {
  let bytes = 0;
  for (const name of await filesOfSession(folder)) {
    if (history.has(name) || name === 'session.jsonl' || name === 'trace/events.jsonl') continue;
    const file = path.join(folder, name);
    if ((await stat(file)).size > maxFileBytes) {
      const message = `${name} is larger than a database keeps. Move it out of the session first.`;
      throw new AppError('session_file_too_large', message, { status: 413 });
    }
    const content = await readFile(file);
    await rows('INSERT INTO agentrail.documents VALUES ($1, $2, $3, $4)', [no, ...kindOf(name), content]);
    bytes += content.length;
  }
  return bytes;
}

function kindOf(name: string): [kind: string, name: string] {
  if (name === 'NOTES.md' || name === 'TODO.md') return ['memory', name];
  const result = /^tool-results\/([^/]+)\.txt$/.exec(name)?.[1];
  return result === undefined ? ['file', name] : ['artifact', result];
}

function whole(value: number): number {
  return Number.isFinite(value)
    ? Math.min(Math.max(Math.round(value), -Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)
    : 0;
}
