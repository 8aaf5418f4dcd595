import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { ResetPlan, ResetWish } from '../../contract/factory-reset.ts';
import { AppError } from '../../lib/app-error.ts';
import { atomicWriteFile } from '../atomic-write.ts';
import { syncFolder } from '../folders.ts';
import { readMovedFrom } from '../move/move-marks.ts';
import { errnoOf } from '../storage-error.ts';
import { removeTree } from '../tree.ts';

export const nextResetName = 'next-reset.json';

const markSchema = z.strictObject({
  format: z.literal('agentrail-next-reset'),
  keepSettings: z.boolean(),
  askedAt: z.number(),
});

const settingsName = 'agentrail.yaml';
/** All that the program makes in its data directory, but archives, marks and its lock. */
const ownFolders = [
  ...['tenants', 'sandboxes', 'skills', 'logs', 'incoming', 'quarantine', 'repairs', 'deploy', 'crashes'],
];
const ownFiles =
  /^(vault\..*|(api-tokens|console-sessions|secret-use|usage|readiness|first-run|leak-sweep|log-searches|backup-record|size-history)\.json)$/;
/** Marks of its work, which nobody needs to be told of. */
const marks = new Set(['lock', 'run', 'node-id', nextResetName, 'next-place.json', 'moved-from.json', 'moved.json']);

/** What was asked for and is carried out at the next start; undefined: nothing. Throws AppError `reset_unclear`. */
export async function readNextReset(dataDir: string): Promise<ResetWish | undefined> {
  const file = path.join(dataDir, nextResetName);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
  try {
    const { keepSettings, askedAt } = markSchema.parse(JSON.parse(text));
    return { keepSettings, askedAt };
  } catch (cause) {
    const message = `The file ${file}, which asks for a factory reset, cannot be understood. Nothing was removed. Remove the file, and ask again.`;
    throw new AppError('reset_unclear', message, { status: 503, cause });
  }
}

export async function askForReset(dataDir: string, wish: ResetWish): Promise<void> {
  const mark = { format: 'agentrail-next-reset', ...wish } satisfies z.input<typeof markSchema>;
  await atomicWriteFile(path.join(dataDir, nextResetName), JSON.stringify(mark));
}

export async function forgetReset(dataDir: string): Promise<void> {
  await rm(path.join(dataDir, nextResetName), { force: true });
  await syncFolder(dataDir);
}

/** What would go and what stays, by name. Changes nothing. */
export async function planReset(dataDir: string, keepSettings: boolean): Promise<ResetPlan> {
  const names = (await readdir(dataDir)).filter((name) => !marks.has(name) && !isPassing(name)).toSorted();
  const goes = names.filter((name) => isOwn(name, keepSettings));
  const beside = `${path.basename(dataDir)}.before-restore-`;
  const putAside = (await readdir(path.dirname(dataDir)).catch((): string[] => []))
    .filter((name) => name.startsWith(beside))
    .map((name) => path.join(path.dirname(dataDir), name));
  const oldCopy = (await readMovedFrom(dataDir))?.from;
  return {
    goes,
    stays: names.filter((name) => !isOwn(name, keepSettings)),
    elsewhere: [...putAside, ...(oldCopy === undefined ? [] : [oldCopy])],
  };
}

/**
 * Removes what the mark asks to remove, and the mark last: one that is killed goes on at the next start. Nobody may work
 * in the data directory; its lock must be held by the caller. Resolves with what went; undefined: nothing was asked for.
 * Throws AppError `reset_unclear`, `reset_unfinished` (503).
 */
export async function carryOutReset(dataDir: string): Promise<ResetPlan | undefined> {
  const wish = await readNextReset(dataDir);
  if (wish === undefined) return undefined;
  const plan = await planReset(dataDir, wish.keepSettings);
  // What was written half goes as well: it may be of a vault.
  const half = (await readdir(dataDir)).filter(isPassing);
  for (const name of [...plan.goes, ...half]) {
    const at = path.join(dataDir, name);
    await removeTree(at).catch((cause: unknown) => {
      const message = `The factory reset could not remove ${at} (${errnoOf(cause) ?? 'no answer'}). Close what uses it and start again; it goes on then. To keep what is left, remove ${path.join(dataDir, nextResetName)}.`;
      throw new AppError('reset_unfinished', message, { status: 503, cause });
    });
  }
  // The names are gone from the disk before the mark is.
  await syncFolder(dataDir);
  await forgetReset(dataDir);
  return plan;
}

function isOwn(name: string, keepSettings: boolean): boolean {
  if (name === settingsName) return !keepSettings;
  return ownFolders.includes(name) || ownFiles.test(name);
}

/** Of an atomic write that was killed. */
function isPassing(name: string): boolean {
  return name.startsWith('.') && name.endsWith('.tmp');
}
