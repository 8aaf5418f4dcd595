import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SessionRow } from '../contract/sessions.ts';
import { createDataLayout } from '../data/layout.ts';
import { errnoOf } from '../data/storage-error.ts';
import { systemClock } from '../lib/clock.ts';
import { createFileSessionStore } from '../sessions/file-store.ts';
import { silentLogger } from '../telemetry/logger.ts';
import type { SessionBook } from './book.ts';

/** What of a data directory only a crash leaves behind. */
const leftover = /\.tmp$|^\.write-probe-|^\.trash-|^lock\.|^index-next\./;

/** Files and folders that nobody will ever use again, relative to the data directory. */
export async function leftoversIn(dataDir: string): Promise<string[]> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  return entries
    .filter(({ name }) => leftover.test(name))
    .map((entry) => path.relative(dataDir, path.join(entry.parentPath, entry.name)));
}

/** The folder of a session that must be gone is gone, and a live one's notes hold what was noted. */
export async function verifyFiles(dataDir: string, book: SessionBook, faults: string[]): Promise<void> {
  const { tenantId, sessionId } = book.key;
  const files = createDataLayout(dataDir).session(tenantId, sessionId);
  // What a crash leaves is looked for by itself.
  const names = (await orEmpty(readdir(files.dir), [])).filter((name) => !leftover.test(name));
  if (book.presence === 'deleted' && names.length > 0) {
    faults.push(`${tenantId}/${sessionId} was deleted and still holds ${names.join(', ')}`);
  }
  if (book.presence !== 'live' || book.notes.length === 0) return;
  const notes = await orEmpty(readFile(files.notesFile, 'utf8'), '');
  const missing = book.notes.find((note) => !notes.includes(note));
  if (missing !== undefined) faults.push(`${tenantId}/${sessionId}: "${missing}" is not in NOTES.md`);
}

/** The index as the kill left it and one made from the files alone answer alike. The data directory is not touched. */
export async function verifyIndex(dataDir: string, faults: string[]): Promise<void> {
  const copy = await mkdtemp(path.join(tmpdir(), 'storm-index-'));
  try {
    if ((await orEmpty(readdir(path.join(dataDir, 'tenants')), [])).length === 0) return;
    await cp(path.join(dataDir, 'tenants'), path.join(copy, 'tenants'), { recursive: true });
    const kept = await askIndex(copy);
    for (const tenant of await readdir(path.join(copy, 'tenants'))) {
      for (const end of ['', '-wal', '-shm', '-journal']) {
        await rm(path.join(copy, 'tenants', tenant, `index.sqlite${end}`), { force: true });
      }
    }
    const made = await askIndex(copy);
    for (const [at, line] of made.entries()) {
      if (line !== kept[at]) return void faults.push(`the index says ${kept[at]}, the files say ${line}`);
    }
    if (kept.length > made.length) faults.push(`the index has ${kept.length - made.length} sessions too many`);
  } finally {
    await rm(copy, { recursive: true });
  }
}

/** Rows, totals and searches, as lines. */
async function askIndex(dataDir: string): Promise<string[]> {
  const store = createFileSessionStore({ dataDir, logger: silentLogger, clock: systemClock });
  try {
    const lines: string[] = [];
    const tenants = await readdir(path.join(dataDir, 'tenants'));
    for (const tenantId of tenants.toSorted()) {
      const rows: SessionRow[] = [];
      for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
        const page = await store.list({ tenantId, limit: 200, ...(cursor !== undefined && { cursor }) });
        rows.push(...page.sessions);
        cursor = page.nextCursor;
      }
      lines.push(...rows.map((row) => JSON.stringify(row)).toSorted());
      lines.push(JSON.stringify(await store.totals(tenantId)));
      for (const text of ['word', 'pad work', 'todo', 'title', 'nowhere']) {
        // Texts are taken in in the background, and a busy machine takes its time.
        let found = await store.list({ tenantId, limit: 200, text });
        while (found.isIncomplete) found = await store.list({ tenantId, limit: 200, text });
        lines.push(`${text}: ${found.sessions.map(({ sessionId }) => sessionId).join(' ')}`);
      }
    }
    return lines;
  } finally {
    await store.close();
  }
}

async function orEmpty<T>(reading: Promise<T>, empty: T): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return empty;
    throw error;
  }
}
