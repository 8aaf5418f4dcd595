import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from './storage-error.ts';

/**
 * Makes the missing folders from `base` down to `dir`, private to this user. Never makes `base`: a data directory whose
 * disk went away must not come back as an empty one. Throws ENOENT when `base` is not there.
 */
export async function makeFoldersBelow(base: string, dir: string): Promise<void> {
  // Most often only the last one is missing, and each one that is there costs an error.
  if (path.dirname(dir) !== base && (await isMade(dir))) return;
  let current = base;
  for (const part of path.relative(base, dir).split(path.sep)) {
    current = path.join(current, part);
    try {
      await mkdir(current, { mode: 0o700 });
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }
}

/** Makes one folder; false when there is none to make it in. */
async function isMade(dir: string): Promise<boolean> {
  try {
    await mkdir(dir, { mode: 0o700 });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return true;
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Makes new, renamed and removed names of a folder survive a power cut. Windows has no such call and needs none. */
export async function syncFolder(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network and FUSE file systems cannot sync a folder; they order their names themselves.
    if (errnoOf(error) !== 'EINVAL' && errnoOf(error) !== 'ENOTSUP') throw error;
  } finally {
    await handle.close();
  }
}
