import { constants } from 'node:fs';
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import type { AgentClient } from '../wire/agent-client.ts';
import { batchesOf, type Range } from './batches.ts';
import type { WorkspaceEntry } from './entries.ts';
import { encodeHeader, runInside } from './run-inside.ts';

/**
 * Copies a folder of this machine into the workspace of a sandbox. What is there already stays as it is, so it may be
 * done again after it was interrupted. With `changedAfter` (milliseconds since 1970) only what is newer is copied, and its
 * folders. Nothing may write the folder meanwhile.
 */
export async function fillWorkspace(agent: AgentClient, folder: string, changedAfter = 0): Promise<void> {
  const all = await listFolder(Buffer.from(folder));
  const entries = changedAfter === 0 ? all : onlyNewer(all, changedAfter);
  const base64 = (bytes: Buffer) => bytes.toString('base64');
  const put = (rows: object[], data: Buffer[] = []) =>
    runInside(
      agent,
      { op: 'put', input: Buffer.concat([encodeHeader(rows), ...data]), maxOutputBytes: 1024 },
      'workspace_not_filled',
    );
  const folders = entries.filter(({ type }) => type === 'd');
  for (const some of chunks(folders)) {
    await put(some.map(({ path }) => ({ p: base64(path), t: 'd' })));
  }
  let number = 0;
  const numbers = new Map<WorkspaceEntry, number>();
  for (const batch of batchesOf(entries.filter(({ type }) => type === 'f'))) {
    const data = await Promise.all(batch.map((range) => readRange(folder, range)));
    const rows = batch.map(({ entry, offset, isLast }, at) => {
      const key = numbers.get(entry) ?? ++number;
      numbers.set(entry, key);
      const { path, mode, modifiedAt } = entry;
      const size = data[at]?.length ?? 0;
      return { p: base64(path), t: 'f', m: mode, u: modifiedAt, o: offset, n: size, e: isLast, k: String(key) };
    });
    await put(rows, data);
  }
  const links = entries.filter(({ type }) => type === 'l');
  for (const some of chunks(links)) {
    await put(some.map(({ path, target }) => ({ p: base64(path), t: 'l', l: base64(target ?? Buffer.alloc(0)) })));
  }
  // Last, because a folder that may not be written could not have been filled.
  for (const some of chunks(folders)) {
    await put(some.map(({ path, mode }) => ({ p: base64(path), t: 'D', m: mode })));
  }
}

interface LocalEntry extends WorkspaceEntry {
  /** Also by being moved or given away, which leaves the time of modification as it was. */
  changedAt: number;
}

function onlyNewer(entries: LocalEntry[], changedAfter: number): LocalEntry[] {
  const isNewer = (entry: LocalEntry) => entry.type !== 'd' && entry.changedAt > changedAfter;
  const needed = new Set<string>();
  for (const { path } of entries.filter(isNewer)) {
    const key = path.toString('latin1');
    for (let at = key.indexOf('/'); at !== -1; at = key.indexOf('/', at + 1)) {
      needed.add(key.slice(0, at));
    }
  }
  return entries.filter((entry) => isNewer(entry) || (entry.type === 'd' && needed.has(entry.path.toString('latin1'))));
}

async function listFolder(root: Buffer): Promise<LocalEntry[]> {
  const entries: LocalEntry[] = [];
  const todo: Buffer[] = [Buffer.alloc(0)];
  for (let below = todo.pop(); below !== undefined; below = todo.pop()) {
    for (const name of await readdir(join(root, below), { encoding: 'buffer' })) {
      const path = below.length === 0 ? name : join(below, name);
      const facts = await lstat(join(root, path));
      const common = {
        path,
        mode: facts.mode & 0o777,
        modifiedAt: Math.trunc(facts.mtimeMs),
        changedAt: facts.ctimeMs,
        sizeBytes: 0,
      };
      if (facts.isDirectory()) {
        entries.push({ ...common, type: 'd' });
        todo.push(path);
      } else if (facts.isFile()) {
        entries.push({ ...common, type: 'f', sizeBytes: facts.size });
      } else if (facts.isSymbolicLink()) {
        entries.push({ ...common, type: 'l', target: await readlink(join(root, path), { encoding: 'buffer' }) });
      }
    }
  }
  return entries;
}

async function readRange(folder: string, { entry, offset, length }: Range<WorkspaceEntry>): Promise<Buffer> {
  const handle = await open(join(Buffer.from(folder), entry.path), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    const data = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await handle.read(data, filled, length - filled, offset + filled);
      if (bytesRead === 0) {
        break;
      }
      filled += bytesRead;
    }
    return data.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

/** `folder` may be empty only where `path` is not. */
export function join(folder: Buffer, path: Buffer): Buffer {
  return path.length === 0 ? folder : Buffer.concat([folder, Buffer.from('/'), path]);
}

const entriesAtOnce = 2000;

function* chunks<T>(all: T[]): Generator<T[], void, void> {
  for (let at = 0; at < all.length; at += entriesAtOnce) {
    yield all.slice(at, at + entriesAtOnce);
  }
}
