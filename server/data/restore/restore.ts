import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { CopyStep, RestoreReport } from '../../contract/backups.ts';
import { AppError } from '../../lib/app-error.ts';
import { secretFiles } from '../backup/chosen-files.ts';
import { syncFolder } from '../folders.ts';
import { errnoOf, toStorageError } from '../storage-error.ts';
import { finishSwap, isMountPoint, swapDataDir } from './swap.ts';
import { unpackArchive } from './unpack.ts';

export interface RestoreOptions {
  /** Absolute; need not be there. */
  dataDir: string;
  archive: string;
  /** Opens the secrets of the archive; without it those in force stay. */
  passphrase?: string;
  now: number;
  onStep?(step: CopyStep): void;
  signal?: AbortSignal;
}

/** An archive that is unpacked and proved beside the data directory, and nothing of it in force yet. */
export interface PreparedRestore {
  readonly sizeBytes: number;
  /**
   * Puts it in force; the directory so far stays beside it under a name with the date. Nobody may have files of it open,
   * and its lock must be held by the caller, or by nobody.
   */
  apply(): Promise<RestoreReport>;
  /** Leaves nothing. */
  discard(): Promise<void>;
}

/**
 * Unpacks and proves; may go on while a server works on the data directory. An abort, a fault or a kill leaves what is in
 * force as it is. Throws as `unpackArchive`, `restore_mount_point` (409), the signal's reason.
 */
export async function prepareRestore(options: RestoreOptions): Promise<PreparedRestore> {
  const { archive, now, passphrase, onStep, signal } = options;
  await finishSwap(options.dataDir);
  const dataDir = await resolved(options.dataDir);
  const hasOld = await isThere(dataDir);
  if (hasOld && (await isMountPoint(dataDir))) {
    const message = `${dataDir} is a disk of its own, which cannot be swapped. Restore into a folder below it, with --data-dir ${path.join(dataDir, 'agentrail')}, and start with that one.`;
    throw new AppError('restore_mount_point', message, { status: 409 });
  }
  const beside = `${dataDir}.restore-${randomUUID()}`;
  const discard = () => rm(beside, { recursive: true, force: true });
  try {
    await removeLeftRestores(dataDir);
    await mkdir(path.dirname(dataDir), { recursive: true, mode: 0o700 });
    await mkdir(beside, { mode: 0o700 });
    const read = await unpackArchive(archive, beside, {
      ...(passphrase !== undefined && { passphrase }),
      ...(onStep && { onStep }),
      ...(signal && { signal }),
    });
    await syncTree(beside);
    signal?.throwIfAborted();
    return { sizeBytes: read.totalBytes, discard, apply: () => apply(read.files, read.totalBytes, read) };
  } catch (error) {
    await discard();
    signal?.throwIfAborted();
    throw toStorageError(error);
  }

  async function apply(
    files: number,
    totalBytes: number,
    read: Awaited<ReturnType<typeof unpackArchive>>,
  ): Promise<RestoreReport> {
    const report = { files, totalBytes, createdAt: read.head.createdAt };
    try {
      const keptSecrets = hasOld && !read.secrets && (await keepSecrets(dataDir, beside));
      if (!hasOld) {
        await swapDataDir(dataDir, beside, `${dataDir}.none`);
        return { ...report, keptSecrets };
      }
      const previous = await freeName(`${dataDir}.before-restore-${stamp(now)}`);
      await swapDataDir(dataDir, beside, previous);
      return { ...report, previous, keptSecrets };
    } catch (error) {
      throw toStorageError(error);
    }
  }
}

/** Restores when no server is there to be stopped; the caller holds the lock. */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreReport> {
  return (await prepareRestore(options)).apply();
}

/** Removes what a restore that was killed left beside the data directory. One at a time is at work there. */
async function removeLeftRestores(dataDir: string): Promise<void> {
  const parent = path.dirname(dataDir);
  const names = await readdir(parent).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  const prefix = `${path.basename(dataDir)}.restore-`;
  for (const name of names.filter((each) => each.startsWith(prefix)))
    await rm(path.join(parent, name), { recursive: true, force: true });
}

/** Keys and tokens, and who is signed in to the console. */
async function keepSecrets(from: string, to: string): Promise<boolean> {
  const names = await secretFiles(from);
  for (const name of [...names, 'console-sessions.json']) {
    await copyFile(path.join(from, name), path.join(to, name)).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
    });
  }
  await syncTree(to, 0);
  return names.length > 0;
}

/** The names in folders; the files were synced as they were written. */
async function syncTree(folder: string, depth = Number.POSITIVE_INFINITY): Promise<void> {
  if (depth > 0) {
    for (const entry of await readdir(folder, { withFileTypes: true }))
      if (entry.isDirectory()) await syncTree(path.join(folder, entry.name), depth - 1);
  }
  await syncFolder(folder);
}

async function resolved(dataDir: string): Promise<string> {
  try {
    return await realpath(dataDir);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return path.resolve(dataDir);
    throw error;
  }
}

async function freeName(wanted: string): Promise<string> {
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? wanted : `${wanted}-${count}`;
    if (!(await isThere(name))) return name;
  }
}

async function isThere(at: string): Promise<boolean> {
  try {
    await stat(at);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

export function stamp(now: number): string {
  return new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
}
