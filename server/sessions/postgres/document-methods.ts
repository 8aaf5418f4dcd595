import type { SessionKey } from '../../contract/ids.ts';
import { maxTracePageBytes, parseTraceLine } from '../document-methods.ts';
import {
  artifactName,
  artifactNotFound,
  checkMemoryName,
  pieceBounds,
  refuseLargeArtifact,
  refuseLargeMemory,
  toPiece,
} from '../document-rules.ts';
import { sessionNotFound } from '../session-access.ts';
import type { AgentrailSessionStore, ByteRange, TextPiece, TracePage } from '../store.ts';
import type { Queries } from './database.ts';
import type { SessionTable } from './session-table.ts';
import { fromStoredLine } from './stored-line.ts';

type DocumentMethods = Pick<
  AgentrailSessionStore,
  'readMemory' | 'writeMemory' | 'writeArtifact' | 'readArtifact' | 'readTrace'
>;

/** What stands beside the history. A place in the trace is the number of its last line. */
export function createDocumentMethods(table: SessionTable): DocumentMethods {
  const { database, inOrder } = table;
  const reading: Queries = { rows: database.read };

  function put(key: SessionKey, kind: 'memory' | 'artifact', name: string, content: string): Promise<number> {
    const data = Buffer.from(content);
    return database.transaction(async (queries) => {
      const own = await table.lock(key, queries);
      const [before] = await queries.rows<{ size: number }>(
        `SELECT octet_length(content) AS size FROM agentrail.documents
          WHERE session_no = $1 AND kind = $2 AND name = $3`,
        [own.no, kind, name],
      );
      await queries.rows(
        `INSERT INTO agentrail.documents VALUES ($1, $2, $3, $4)
          ON CONFLICT (session_no, kind, name) DO UPDATE SET content = excluded.content`,
        [own.no, kind, name, data],
      );
      await queries.rows('UPDATE agentrail.sessions SET size_bytes = size_bytes + $2 WHERE no = $1', [
        own.no,
        data.length - (before?.size ?? 0),
      ]);
      return data.length;
    });
  }

  async function readPiece(no: number, name: string, range: ByteRange): Promise<TextPiece> {
    const [found] = await reading.rows<{ size: number }>(
      `SELECT octet_length(content) AS size FROM agentrail.documents
        WHERE session_no = $1 AND kind = 'artifact' AND name = $2`,
      [no, name],
    );
    if (found === undefined) throw artifactNotFound();
    const { start, wanted } = pieceBounds(range, found.size);
    const [piece] = await reading.rows<{ size: number; bytes: Buffer }>(
      `SELECT octet_length(content) AS size, substring(content FROM $3::integer + 1 FOR $4::integer) AS bytes
        FROM agentrail.documents WHERE session_no = $1 AND kind = 'artifact' AND name = $2`,
      [no, name, start, wanted],
    );
    if (piece === undefined) throw artifactNotFound();
    return toPiece(piece.bytes, start, piece.size);
  }

  return {
    readMemory: (key, name) =>
      inOrder(key, async () => {
        const { no } = await table.own(key);
        const [found] = await reading.rows<{ content: Buffer }>(
          `SELECT content FROM agentrail.documents WHERE session_no = $1 AND kind = 'memory' AND name = $2`,
          [no, checkMemoryName(name)],
        );
        return found?.content.toString('utf8') ?? '';
      }),
    writeMemory: (key, name, content) =>
      inOrder(key, async () => {
        await table.own(key);
        refuseLargeMemory(checkMemoryName(name), content);
        await put(key, 'memory', name, content);
      }),
    writeArtifact: (key, toolCallId, content) =>
      inOrder(key, async () => {
        await table.own(key);
        refuseLargeArtifact(content);
        return { sizeBytes: await put(key, 'artifact', artifactName(toolCallId), content) };
      }),
    readArtifact: (key, toolCallId, range = {}) =>
      inOrder(key, async () => readPiece((await table.own(key)).no, artifactName(toolCallId), range)),
    readTrace: (key, page) =>
      inOrder(key, async () => readTracePage(reading, (await table.own(key)).no, page.after ?? 0, page.limit)),
  };
}

async function readTracePage({ rows }: Queries, no: number, after: number, limit: number): Promise<TracePage> {
  const page: TracePage = { events: [], nextAfter: after, hasMore: false, skippedLines: 0 };
  // One more than is shown tells whether there is more. The sum keeps a page of huge lines out of memory.
  const lines = await rows<{ seq: number; line: string }>(
    `SELECT seq, line FROM (
        SELECT seq, line, sum(octet_length(line)) OVER (ORDER BY seq) - octet_length(line) AS before
        FROM (SELECT seq, line FROM agentrail.traces WHERE session_no = $1 AND seq > $2 ORDER BY seq LIMIT $3) AS next
      ) AS sized WHERE before <= $4 ORDER BY seq`,
    [no, Number.isSafeInteger(after) ? after : 0, Math.max(1, limit) + 1, maxTracePageBytes],
  );
  const [end] = await rows<{ seq: number }>(
    'SELECT coalesce(max(seq), 0)::bigint AS seq FROM agentrail.traces WHERE session_no = $1',
    [no],
  );
  for (const { seq, line } of lines.slice(0, limit)) {
    page.nextAfter = seq;
    const entry = parseTraceLine(fromStoredLine(line));
    if (entry === undefined) page.skippedLines += 1;
    else page.events.push(entry);
  }
  page.hasMore = lines.length > 0 && page.nextAfter < (end?.seq ?? 0);
  return page;
}

/** What was seen is written whoever holds the session by now. */
const appendTrace = `
  WITH own AS (
    UPDATE agentrail.sessions SET next_trace = next_trace + cardinality($4::text[]), size_bytes = size_bytes + $5
    WHERE tenant_id = $1 AND session_id = $2 AND user_id = $3
    RETURNING no, next_trace - cardinality($4::text[]) AS first
  )
  INSERT INTO agentrail.traces (session_no, seq, line)
  SELECT own.no, own.first + t.place - 1, t.line FROM own, unnest($4::text[]) WITH ORDINALITY AS t (line, place)
  RETURNING seq`;

/** Also while closing: what was told before is written. */
export async function writeTrace(table: SessionTable, key: SessionKey, lines: string[]): Promise<void> {
  await table.inFlight(key, async () => {
    const sizeBytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    const { tenantId, sessionId, userId } = key;
    const added = await table.database.write(appendTrace, [tenantId, sessionId, userId, lines, sizeBytes]);
    if (added.length === 0) throw sessionNotFound();
  });
}
