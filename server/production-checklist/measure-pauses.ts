import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../data/storage-error.ts';
import { parseObject, readLines } from '../sessions/jsonl.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import type { MeasuredPauses } from './surroundings.ts';

/** Of all sessions, so many folders are looked at, the newest by their name, and so many of them read. */
const mostFolders = 2000;
const mostSessions = 60;
/** Of each history, its end. */
const mostBytes = 1_048_576;
const historyTokens = 50_000;

interface Spoken {
  role: string;
  timestamp: number;
}

/** How long people think before they write on: from any message to the user's next one. */
export function pausesIn(messages: readonly Spoken[]): number[] {
  return messages.flatMap(({ role, timestamp }, at) => {
    const before = messages[at - 1];
    return role === 'user' && before !== undefined && before.role !== 'user' ? [timestamp - before.timestamp] : [];
  });
}

/** From the files, which may be written meanwhile by their server. Lines that cannot be read are left out. */
export async function measurePausesInFiles(dataDir: string, signal: AbortSignal): Promise<MeasuredPauses> {
  const files = await newestHistories(path.join(dataDir, 'tenants'), signal);
  const pausesMs: number[] = [];
  let sessions = 0;
  for (const file of files) {
    signal.throwIfAborted();
    const messages = await readSpoken(file);
    if (messages.length === 0) continue;
    sessions += 1;
    pausesMs.push(...pausesIn(messages));
  }
  return { sessions, pausesMs };
}

/** From a store, the newest sessions of each tenant. */
export async function measurePausesInStore(
  store: Pick<AgentrailSessionStore, 'allTotals' | 'list' | 'loadMessagesWithBudget'>,
  signal: AbortSignal,
): Promise<MeasuredPauses> {
  const tenants = (await store.allTotals?.()) ?? [{ tenantId: 'default' }];
  const pausesMs: number[] = [];
  let sessions = 0;
  for (const { tenantId } of tenants) {
    if (sessions >= mostSessions) break;
    const page = await store.list({ tenantId, limit: mostSessions - sessions });
    for (const { sessionId, userId } of page.sessions) {
      signal.throwIfAborted();
      const { messages } = await store.loadMessagesWithBudget({ tenantId, userId, sessionId }, historyTokens);
      sessions += 1;
      pausesMs.push(...pausesIn(messages));
    }
  }
  return { sessions, pausesMs };
}

async function newestHistories(tenantsDir: string, signal: AbortSignal): Promise<string[]> {
  const folders: string[] = [];
  for (const tenant of await namesIn(tenantsDir)) {
    signal.throwIfAborted();
    const dir = path.join(tenantsDir, tenant, 'sessions');
    folders.push(...(await namesIn(dir)).map((name) => path.join(dir, name)));
  }
  // Ids begin with their time.
  folders.sort((a, b) => (path.basename(a) < path.basename(b) ? 1 : -1));
  const dated: { file: string; at: number }[] = [];
  for (const folder of folders.slice(0, mostFolders)) {
    signal.throwIfAborted();
    const file = path.join(folder, 'messages.jsonl');
    const at = await changedAt(file);
    if (at !== undefined) dated.push({ file, at });
  }
  return dated
    .toSorted((a, b) => b.at - a.at)
    .slice(0, mostSessions)
    .map(({ file }) => file);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function changedAt(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).mtimeMs;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function readSpoken(file: string): Promise<Spoken[]> {
  await using handle = await open(file, 'r').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (handle === undefined) return [];
  const { size } = await handle.stat();
  const messages: Spoken[] = [];
  // The first line of a part is cut, and no message for it.
  for await (const { line } of readLines(handle, size, Math.max(0, size - mostBytes))) {
    const record = parseObject(line);
    if (typeof record?.role === 'string' && typeof record.timestamp === 'number')
      messages.push({ role: record.role, timestamp: record.timestamp });
  }
  return messages;
}
