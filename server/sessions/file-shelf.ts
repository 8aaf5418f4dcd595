import { copyFile, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../data/folders.ts';
import { checkId, createDataLayout } from '../data/layout.ts';
import { type SessionShelf, uploadsFolder } from '../data/session-shelf.ts';
import { errnoOf, toStorageError } from '../data/storage-error.ts';
import { AppError } from '../lib/app-error.ts';
import { filesOfSession } from './session-files.ts';

/**
 * The sessions of a data directory that nobody else uses meanwhile. Whoever has a store open on it tells it of the
 * tenants that changed.
 */
export function createFileShelf(dataDir: string): SessionShelf {
  const layout = createDataLayout(dataDir);
  const dirOf = (tenantId: string, sessionId: string) => layout.session(tenantId, sessionId).dir;

  async function sessions(tenantId: string): Promise<string[]> {
    const names = await readdir(layout.sessionsDir(tenantId)).catch(noneWhenMissing);
    const found: string[] = [];
    for (const name of names.toSorted())
      if (!name.startsWith('.') && (await hasSession(tenantId, name))) found.push(name);
    return found;
  }

  /** A folder with nothing but what came with messages is none. */
  async function hasSession(tenantId: string, sessionId: string): Promise<boolean> {
    return (await filesOfSession(dirOf(tenantId, checkId(sessionId, 'session id')))).length > 0;
  }

  async function takeIn(tenantId: string, sessionId: string, folder: string): Promise<void> {
    const dir = dirOf(tenantId, sessionId);
    if (await hasSession(tenantId, sessionId)) {
      const message = 'There is a session with this id already. Nothing of it was changed.';
      throw new AppError('session_exists', message, { status: 409 });
    }
    await mkdir(dir, { recursive: true, mode: 0o700 });
    // The file that makes a session of them comes last.
    const names = (await readdir(folder)).toSorted(
      (a, b) => Number(a === 'session.jsonl') - Number(b === 'session.jsonl'),
    );
    for (const name of names) await rename(path.join(folder, name), path.join(dir, name));
    await syncFolder(dir);
    await syncFolder(path.dirname(dir));
  }

  async function drop(tenantId: string, sessionId: string): Promise<void> {
    const dir = dirOf(tenantId, sessionId);
    // The file that makes a session of them goes first.
    await rm(path.join(dir, 'session.jsonl'), { force: true });
    for (const name of await readdir(dir).catch(noneWhenMissing)) {
      if (name !== uploadsFolder) await rm(path.join(dir, name), { recursive: true, force: true });
    }
    await rmdir(dir).catch((error: unknown) => {
      if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errnoOf(error) ?? '')) throw error;
    });
  }

  return {
    sessions: (tenantId) => named(sessions(tenantId)),
    hasSession: (tenantId, sessionId) => named(hasSession(tenantId, sessionId)),
    has: async (tenantId) => (await named(sessions(tenantId))).length > 0,
    async bytes(tenantId) {
      let bytes = 0;
      for (const sessionId of await named(sessions(tenantId))) {
        const dir = dirOf(tenantId, sessionId);
        for (const name of await filesOfSession(dir)) bytes += (await stat(path.join(dir, name))).size;
      }
      return bytes;
    },
    async writeOut(tenantId, sessionId, folder) {
      const dir = dirOf(tenantId, sessionId);
      const names = await named(filesOfSession(dir));
      for (const name of names) {
        const to = path.join(folder, name);
        await mkdir(path.dirname(to), { recursive: true, mode: 0o700 });
        await named(copyFile(path.join(dir, name), to));
      }
      return names.length > 0;
    },
    takeIn: (tenantId, sessionId, folder) => named(takeIn(tenantId, sessionId, folder)),
    drop: (tenantId, sessionId) => named(drop(tenantId, sessionId)),
  };
}

function noneWhenMissing(error: unknown): string[] {
  if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
  throw error;
}

async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toStorageError(error);
  }
}
