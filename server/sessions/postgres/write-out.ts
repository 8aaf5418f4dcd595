import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { sessionLayout } from '../../data/layout.ts';
import { applyLine, emptyState, type StateLine } from '../session-state.ts';
import type { Queries } from './database.ts';
import { readForwards, type SeqRange } from './message-rows.ts';
import type { StoredSession } from './session-rows.ts';
import { fromStoredLine } from './stored-line.ts';

const linesAtOnce = 1000;

/** Writes the session's files as a data directory would hold them. `queries` have to see one moment of the database. */
export async function writeSessionFiles(queries: Queries, own: StoredSession, folder: string): Promise<void> {
  const layout = sessionLayout(folder);
  await writeLines(layout.stateFile, stateLines(queries, own));
  await writeLines(layout.messagesFile, messageLines(queries, own.no, { from: own.live_from, to: own.next_seq }));
  const archives = await queries.rows<{ no: number; from: number; to: number }>(
    'SELECT no, from_seq AS "from", to_seq AS "to" FROM agentrail.archives WHERE session_no = $1 ORDER BY no',
    [own.no],
  );
  for (const { no, ...range } of archives) {
    const file = path.join(layout.compactionsDir, `${String(no).padStart(4, '0')}.jsonl`);
    await writeLines(file, messageLines(queries, own.no, range));
  }
  await writeLines(layout.traceFile, traceLines(queries, own.no));
  const documents = await queries.rows<{ kind: string; name: string }>(
    'SELECT kind, name FROM agentrail.documents WHERE session_no = $1 ORDER BY kind, name',
    [own.no],
  );
  // One after the other: each may be large.
  for (const { kind, name } of documents) {
    const [found] = await queries.rows<{ content: Buffer }>(
      'SELECT content FROM agentrail.documents WHERE session_no = $1 AND kind = $2 AND name = $3',
      [own.no, kind, name],
    );
    const file = kind === 'artifact' ? path.join(layout.toolResultsDir, `${name}.txt`) : path.join(folder, name);
    await writeLines(file, found ? [found.content] : [], '');
  }
}

/** The lines that were taken in, or the one that began the session; the turns since; its title when that is another. */
async function* stateLines({ rows }: Queries, own: StoredSession): AsyncGenerator<Buffer> {
  const lines = await rows<{ no: number; line: string }>(
    'SELECT no, line FROM agentrail.turns WHERE session_no = $1 ORDER BY no',
    [own.no],
  );
  let state = emptyState();
  const all = lines.map(({ line }) => fromStoredLine(line));
  if ((lines[0]?.no ?? 1) > 0) all.unshift(Buffer.from(JSON.stringify(firstLine(own))));
  for (const line of all) {
    state = applyLine(state, line);
    yield line;
  }
  if (state.summary?.title === own.title) return;
  const update: StateLine = { type: 'update', title: own.title, updatedAt: own.active_at };
  yield Buffer.from(JSON.stringify(update));
}

function firstLine(own: StoredSession): StateLine {
  const { session_id: sessionId, tenant_id: tenantId, user_id: userId, agent_id: agentId, title } = own;
  return { type: 'init', sessionId, tenantId, userId, agentId, title, createdAt: own.created_at };
}

async function* messageLines(queries: Queries, no: number, range: SeqRange): AsyncGenerator<Buffer> {
  for await (const { body } of readForwards(queries, no, range)) yield fromStoredLine(body);
}

async function* traceLines({ rows }: Queries, no: number): AsyncGenerator<Buffer> {
  for (let after = 0; ; ) {
    const lines = await rows<{ seq: number; line: string }>(
      `SELECT seq, line FROM agentrail.traces WHERE session_no = $1 AND seq > $2 ORDER BY seq LIMIT ${linesAtOnce}`,
      [no, after],
    );
    for (const { line } of lines) yield fromStoredLine(line);
    after = lines.at(-1)?.seq ?? after;
    if (lines.length < linesAtOnce) return;
  }
}

/** Makes no file for nothing, unless what it is for is one piece. */
async function writeLines(
  file: string,
  lines: AsyncIterable<Buffer> | Iterable<Buffer>,
  end: '\n' | '' = '\n',
): Promise<void> {
  let handle: Awaited<ReturnType<typeof open>> | undefined;
  try {
    for await (const line of lines) {
      if (handle === undefined) {
        await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
        handle = await open(file, 'w', 0o600);
      }
      await handle.writeFile(end === '' ? line : Buffer.concat([line, Buffer.from(end)]));
    }
  } finally {
    await handle?.close();
  }
}
