import { existsSync } from 'node:fs';
import { readFile, readlink, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../../lib/app-error.ts';
import { atomicWriteFile } from '../atomic-write.ts';
import { syncFolder } from '../folders.ts';
import { errnoOf } from '../storage-error.ts';

/**
 * Two folders change places by two renames, and between them there is none of that name. The journal beside them says
 * how to go on: whoever opens the data directory next does so. Both folders are whole all the time.
 */
const journalSchema = z.strictObject({
  format: z.literal('agentrail-swap'),
  /** Names beside the data directory. */
  staging: z.string().regex(/^[^/\\]+$/),
  previous: z.string().regex(/^[^/\\]+$/),
});

const maxLinks = 40;

function journalFile(dataDir: string): string {
  return path.join(path.dirname(dataDir), `.${path.basename(dataDir)}.swap.json`);
}

/** Puts `staging`, which lies beside it and is on the disk, in the place of the data directory, and keeps that one. */
export async function swapDataDir(dataDir: string, staging: string, previous: string): Promise<void> {
  const journal = { format: 'agentrail-swap', staging: path.basename(staging), previous: path.basename(previous) };
  await atomicWriteFile(journalFile(dataDir), JSON.stringify(journal));
  await finishSwap(dataDir);
}

/**
 * Carries out what a swap that was interrupted left to do. Does nothing when there was none. Call before the data
 * directory is looked at: it may have no name just now. Throws AppError `restore_interrupted` (503).
 */
export async function finishSwap(named: string): Promise<void> {
  const dataDir = await behindLinks(named);
  const file = journalFile(dataDir);
  const journal = await readJournal(file);
  if (journal === undefined) return;
  const parent = path.dirname(dataDir);
  const staging = path.join(parent, journal.staging);
  const previous = path.join(parent, journal.previous);
  if (existsSync(staging)) {
    if (!existsSync(previous) && existsSync(dataDir)) await renameOnce(dataDir, previous);
    await renameOnce(staging, dataDir);
  }
  if (!existsSync(dataDir)) {
    const message = `A restore was interrupted and its folders were moved since. Rename ${previous} to ${dataDir}, and remove ${file}.`;
    throw new AppError('restore_interrupted', message, { status: 503 });
  }
  await syncFolder(parent);
  await carryBackups(previous, dataDir);
  // Who held it then is no owner of what is put away.
  await rm(path.join(previous, 'lock'), { force: true });
  await rm(file, { force: true });
  await syncFolder(parent);
}

/** A link leads to where the swap is, also while nothing has that name. */
async function behindLinks(named: string): Promise<string> {
  let current = path.resolve(named);
  for (let links = 0; links < maxLinks; links += 1) {
    try {
      current = path.resolve(path.dirname(current), await readlink(current));
    } catch (error) {
      // No link, or nothing there.
      if (errnoOf(error) === undefined) throw error;
      return current;
    }
  }
  return current;
}

/** Two processes may be at it: the other one may have done it already. */
async function renameOnce(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Archives are about both, so they lie with the one in force. */
async function carryBackups(previous: string, dataDir: string): Promise<void> {
  const from = path.join(previous, 'backups');
  const to = path.join(dataDir, 'backups');
  if (existsSync(from) && !existsSync(to)) await renameOnce(from, to);
}

async function readJournal(file: string): Promise<z.output<typeof journalSchema> | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EACCES') return undefined;
    throw error;
  }
  try {
    return journalSchema.parse(JSON.parse(text));
  } catch (cause) {
    const message = `The file ${file} of a restore cannot be understood. Look which folders lie beside it, then remove it.`;
    throw new AppError('restore_interrupted', message, { status: 503, cause });
  }
}

/** Whether the folder is the root of a disk, which cannot be renamed. */
export async function isMountPoint(folder: string): Promise<boolean> {
  const [own, above] = await Promise.all([stat(folder), stat(path.dirname(folder))]);
  return own.dev !== above.dev;
}
