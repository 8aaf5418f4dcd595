import { type FileHandle, open, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from './folders.ts';
import { errnoOf } from './storage-error.ts';
import { temporaryName } from './temporary-name.ts';

export interface AtomicWriteOptions {
  /** Rights of the file; default 0600. */
  mode?: number;
}

/**
 * Replaces a file whole: whoever reads sees the old content or the new one, also after a power cut. A symbolic link
 * stays one; what it points to is replaced. On a fault the old file is untouched and the disk's error is thrown.
 */
export async function atomicWriteFile(
  file: string,
  data: string | Uint8Array,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const target = await resolveLink(file);
  const folder = path.dirname(target);
  const temporary = path.join(folder, temporaryName(path.basename(target)));
  try {
    await writeSynced(await open(temporary, 'wx', options.mode ?? 0o600), data);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
}

async function writeSynced(handle: FileHandle, data: string | Uint8Array): Promise<void> {
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function resolveLink(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return file;
    throw error;
  }
}
