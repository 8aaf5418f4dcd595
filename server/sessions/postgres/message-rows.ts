import type { Message } from '../../contract/messages.ts';
import { markerOf } from '../compaction-line.ts';
import { textOf } from '../index/message-texts.ts';
import { parseMessage } from '../message-line.ts';
import type { History } from '../store.ts';
import type { Queries } from './database.ts';
import { plain } from './session-rows.ts';
import { fromStoredLine } from './stored-line.ts';

/** One message as its table has it. */
export interface StoredMessage {
  seq: number;
  is_marker: boolean;
  body: string;
}

/** Numbers from `from` up to, not including, `to`. */
export interface SeqRange {
  from: number;
  to: number;
}

const pageRows = 1000;
const firstPageRows = 64;

/**
 * Pages are ranges of numbers, which lie close together, and not so many rows: then no plan that Postgres may choose
 * reads more than the page.
 */
const page = `SELECT seq, is_marker, body FROM agentrail.messages WHERE session_no = $1 AND seq >= $2 AND seq < $3`;

/** The messages of a range, oldest first, in pages. */
export async function* readForwards({ rows }: Queries, no: number, { from, to }: SeqRange) {
  for (let next = from; next < to; next += 2 * pageRows) {
    yield* await rows<StoredMessage>(`${page} ORDER BY seq`, [no, next, Math.min(to, next + 2 * pageRows)]);
  }
}

/** The messages of a range, latest first, in pages that grow: most readers want only a few. */
export async function* readBackwards({ rows }: Queries, no: number, { from, to }: SeqRange) {
  let many = firstPageRows;
  for (let end = to; end > from; ) {
    const start = Math.max(from, end - 2 * many);
    yield* await rows<StoredMessage>(`${page} ORDER BY seq DESC`, [no, start, end]);
    end = start;
    many = Math.min(many * 4, pageRows);
  }
}

/** Undefined when the row holds no message that we know. */
export function messageOf({ body }: StoredMessage): Message | undefined {
  return parseMessage(fromStoredLine(body));
}

/** A range as people see it. */
export async function readHistory(queries: Queries, no: number, range: SeqRange): Promise<History> {
  const history: History = { entries: [], skippedLines: 0 };
  for await (const row of readForwards(queries, no, range)) {
    const message = messageOf(row);
    if (message === undefined) history.skippedLines += 1;
    else history.entries.push(markerOf(message, row.is_marker) ?? message);
  }
  return history;
}

/** What appending takes: lists of the same length, and the texts of those that are searched. */
export interface AppendRows {
  roles: string[];
  bodies: string[];
  sizeBytes: number;
  texts: { offsets: number[]; roles: string[]; times: number[]; texts: string[] };
}

/** As the messages are now: the caller may change them while others are written. */
export function toAppendRows(messages: readonly Message[]): AppendRows {
  const made: AppendRows = {
    roles: messages.map(({ role }) => role),
    bodies: messages.map((message) => JSON.stringify(message)),
    sizeBytes: 0,
    texts: { offsets: [], roles: [], times: [], texts: [] },
  };
  made.sizeBytes = made.bodies.reduce((sum, body) => sum + Buffer.byteLength(body) + 1, 0);
  for (const [at, message] of messages.entries()) {
    const text = textOf(message);
    if (text === undefined) continue;
    made.texts.offsets.push(2 * at);
    made.texts.roles.push(text.role);
    made.texts.times.push(Number.isSafeInteger(text.at) ? text.at : 0);
    made.texts.texts.push(plain(text.text));
  }
  return made;
}
