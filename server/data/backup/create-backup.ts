import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { BackupIncludes, BackupReport, CopyStep } from '../../contract/backups.ts';
import { AppError } from '../../lib/app-error.ts';
import { syncFolder } from '../folders.ts';
import { errnoOf, storageFaultOf } from '../storage-error.ts';
import { isLeftBehind, temporaryName } from '../temporary-name.ts';
import { type ArchiveHead, archiveName, formatVersion, nameOf, timeOf } from './archive-format.ts';
import { bestPacking, type Packing } from './packing.ts';
import { readArchive } from './read-archive.ts';
import { makeKeys } from './sealed-secrets.ts';
import { UnstableFileError, type Written, writeArchive } from './write-archive.ts';

/** A killed backup writes no more; a running one does all the time. */
const leftBehindMs = 3_600_000;
const mostUnstable = 20;

export interface CreateBackupOptions {
  dataDir: string;
  /** Where archives lie; made when it is missing. */
  dir: string;
  /** Of the program. */
  version: string;
  includes: BackupIncludes;
  /** Needed for secrets. */
  passphrase?: string;
  /** How many archives stay, this one included; 0 or absent: all. */
  keep?: number;
  now: number;
  packing?: Packing;
  onStep?(step: CopyStep): void;
  signal?: AbortSignal;
}

/**
 * Writes one archive under a temporary name, reads it back and compares, and gives it its name last: what has the name
 * is whole. An abort or a fault leaves nothing. Throws AppError `backup_disk_full`, `backup_dir_unwritable` (503),
 * `passphrase_needed`, `passphrase_too_short` (400), and the signal's reason.
 */
export async function createBackup(options: CreateBackupOptions): Promise<BackupReport> {
  const { dir, version, includes, passphrase, now, packing = bestPacking(), signal } = options;
  if (includes.secrets && passphrase === undefined) {
    const message = 'Secrets go into a backup only with a passphrase. Give one, or leave secrets out.';
    throw new AppError('passphrase_needed', message, { status: 400 });
  }
  const id = randomBytes(16).toString('hex');
  const keys = includes.secrets && passphrase !== undefined ? await makeKeys(passphrase) : undefined;
  const head: ArchiveHead = {
    ...{ format: 'agentrail-backup', version: formatVersion, id, createdAt: now, program: version, includes },
  };
  const name = nameOf(now, id, packing);
  const file = path.join(dir, name);
  const temporary = path.join(dir, temporaryName(name));
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await removeUnfinished(dir, now);
    const written = await writeWhole(temporary, options, { head, packing, ...(keys && { keys }) });
    await readArchive(temporary, {
      ...(passphrase !== undefined && { passphrase }),
      ...(options.onStep && { onStep: options.onStep }),
      ...(signal && { signal }),
    });
    signal?.throwIfAborted();
    await rename(temporary, file);
    await syncFolder(dir);
    const removed = await removeOldBackups(dir, options.keep ?? 0);
    return { name, file, sizeBytes: (await stat(file)).size, ...written, removed };
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    signal?.throwIfAborted();
    throw toBackupError(error, dir);
  }
}

/** Again without those files that shrink under the hand, each time one more is known. */
async function writeWhole(
  temporary: string,
  { dataDir, onStep = () => undefined, signal }: CreateBackupOptions,
  archive: Pick<Parameters<typeof writeArchive>[2], 'head' | 'packing' | 'keys'>,
): Promise<Written> {
  const seen = new Map<string, number>();
  for (;;) {
    await using handle = await open(temporary, 'w', 0o600);
    const unstable = new Set([...seen].flatMap(([file, times]) => (times > 1 ? [file] : [])));
    try {
      const written = await writeArchive(handle, temporary, {
        ...{ dataDir, ...archive, unstable, onStep },
        ...(signal && { signal }),
      });
      await handle.sync();
      return written;
    } catch (error) {
      if (!(error instanceof UnstableFileError) || seen.size > mostUnstable) throw error;
      seen.set(error.path, (seen.get(error.path) ?? 0) + 1);
    }
  }
}

/** Removes all but the newest `keep` archives; 0 keeps all. Gives back the names of what went. */
export async function removeOldBackups(dir: string, keep: number): Promise<string[]> {
  if (keep <= 0) return [];
  const names = (await readdir(dir)).filter((name) => archiveName.test(name));
  const old = names.toSorted((a, b) => timeOf(b) - timeOf(a) || (a < b ? 1 : -1)).slice(keep);
  for (const name of old) await rm(path.join(dir, name), { force: true });
  return old;
}

async function removeUnfinished(dir: string, now: number): Promise<void> {
  for (const name of await readdir(dir)) {
    if (!isLeftBehind(name.replace(/\.tmp\.[0-9a-f-]{36}\.tmp$/, '.tmp')) || !name.includes('agentrail-backup-'))
      continue;
    const found = await stat(path.join(dir, name)).catch(() => undefined);
    if (found && now - found.mtimeMs > leftBehindMs) await rm(path.join(dir, name), { force: true });
  }
}

function toBackupError(error: unknown, dir: string): unknown {
  if (error instanceof AppError) return error;
  switch (storageFaultOf(error)) {
    case undefined:
      return error;
    case 'disk_full': {
      const message = `There is no space left for the backup in ${dir}. Free some, keep fewer backups, or choose another folder.`;
      return new AppError('backup_disk_full', message, { status: 503, cause: error });
    }
    default: {
      const message = `The backup cannot be written to ${dir} (${errnoOf(error)}). Check the folder and its rights, or choose another.`;
      return new AppError('backup_dir_unwritable', message, { status: 503, cause: error });
    }
  }
}
