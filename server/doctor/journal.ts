import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type RepairInfo, type RepairName, type RepairReport, repairNames } from '../contract/doctor.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { makeFoldersBelow, syncFolder } from '../data/folders.ts';
import { errnoOf, toStorageError } from '../data/storage-error.ts';
import { removeTree } from '../data/tree.ts';
import { AppError, messageOf } from '../lib/app-error.ts';

const rights = z.number().int().min(0).max(0o7777);
const operationSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('mode'), path: z.string().min(1), from: rights, to: rights }),
  /** `stored` is a name in the folder of the repair. */
  z.strictObject({ type: z.literal('move'), path: z.string().min(1), stored: z.string().regex(/^items\/\d+$/) }),
]);
/** The two things of which every repair of files is made; each can be undone. Paths are relative to the data directory. */
export type Operation = z.output<typeof operationSchema>;

const recordSchema = z.strictObject({
  format: z.literal('agentrail-repair'),
  version: z.literal(1),
  name: z.enum(repairNames),
  at: z.number(),
  endedAt: z.number().exactOptional(),
  undoneAt: z.number().exactOptional(),
  /** What was said by what is gone, for instance a lock. */
  notes: z.array(z.string()),
  operations: z.array(operationSchema),
});
type Repair = z.output<typeof recordSchema>;
type Left = RepairReport['left'];

const folderName = 'repairs';
const idPattern = /^\d{8}T\d{6}Z-[0-9a-f]{6}$/;

export interface CarryOutOptions {
  dataDir: string;
  now: number;
  notes?: readonly string[];
  signal?: AbortSignal;
}

/**
 * All that will be done is on the disk before the first thing is done, so that one which is killed in the middle can be
 * undone. What is no longer as it was is left. Throws AppError `storage_unavailable` and has then changed nothing.
 */
export async function carryOut(
  name: RepairName,
  operations: readonly Operation[],
  { dataDir, now, notes = [], signal }: CarryOutOptions,
): Promise<RepairReport> {
  const id = `${new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${randomUUID().slice(0, 6)}`;
  const folder = path.join(dataDir, folderName, id);
  const record: Repair = {
    ...{ format: 'agentrail-repair', version: 1, name, at: now },
    ...{ notes: [...notes], operations: [...operations] },
  };
  try {
    await makeFoldersBelow(dataDir, path.join(folder, 'items'));
    await writeRecord(folder, record);
    await syncFolder(path.dirname(folder));
  } catch (error) {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    throw toStorageError(error);
  }
  const left: Left = [];
  let done = 0;
  for (const operation of operations) {
    if (signal?.aborted) {
      left.push({ path: operation.path, reason: 'It was stopped before.' });
      continue;
    }
    const reason = await attempt(() =>
      operation.type === 'mode'
        ? setMode(dataDir, operation.path, operation.from, operation.to)
        : moveAway(dataDir, folder, operation),
    );
    if (reason === undefined) done += 1;
    else left.push({ path: operation.path, reason });
  }
  // Without this mark it counts as interrupted, and can be undone all the same.
  await attempt(async () => {
    await writeRecord(folder, { ...record, endedAt: now });
    return undefined;
  });
  return { name, id, done, left };
}

/** Brings back what was, where its place is still free. Throws AppError `repair_not_found` (404). */
export async function undoRepair(
  id: string,
  { dataDir, now }: { dataDir: string; now: number },
): Promise<RepairReport> {
  const folder = folderOf(dataDir, id);
  const record = await readRecord(folder);
  const left: Left = [];
  let done = 0;
  for (const operation of record.operations.toReversed()) {
    const reason = await attempt(async () => {
      if (operation.type === 'move') return bringBack(dataDir, folder, operation);
      return setMode(dataDir, operation.path, operation.to, operation.from);
    });
    if (reason === undefined) done += 1;
    else if (reason !== untouched) left.push({ path: operation.path, reason });
  }
  await writeRecord(folder, { ...record, undoneAt: now }).catch((error: unknown) => {
    throw toStorageError(error);
  });
  return { name: record.name, id, done, left };
}

/** Removes for good what a repair keeps. */
export async function forgetRepair(id: string, dataDir: string): Promise<void> {
  const folder = folderOf(dataDir, id);
  await readRecord(folder);
  await removeTree(folder);
  await syncFolder(path.dirname(folder));
}

/** Newest first. What cannot be understood is left out. */
export async function listRepairs(dataDir: string): Promise<RepairInfo[]> {
  const names = await readdir(path.join(dataDir, folderName)).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw toStorageError(error);
  });
  const found = await Promise.all(
    names
      .filter((id) => idPattern.test(id))
      .map(async (id): Promise<RepairInfo[]> => {
        const folder = path.join(dataDir, folderName, id);
        const record = await readRecord(folder).catch(() => undefined);
        if (record === undefined) return [];
        const { name, at, operations, endedAt, undoneAt } = record;
        const state = undoneAt !== undefined ? 'undone' : endedAt === undefined ? 'interrupted' : 'done';
        return [{ id, name, at, items: operations.length, keptBytes: await keptBytes(folder), state }];
      }),
  );
  return found.flat().toSorted((a, b) => b.at - a.at);
}

const untouched = 'It was never touched.';

async function setMode(dataDir: string, relative: string, from: number, to: number): Promise<string | undefined> {
  // Not through a link, which may lead anywhere.
  await using handle = await open(
    inside(dataDir, relative),
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
  const mode = (await handle.stat()).mode & 0o7777;
  if (mode === to) return undefined;
  if (mode !== from) return 'Its rights were changed since.';
  await handle.chmod(to);
  return undefined;
}

async function moveAway(
  dataDir: string,
  folder: string,
  { path: relative, stored }: Extract<Operation, { type: 'move' }>,
): Promise<string | undefined> {
  const from = inside(dataDir, relative);
  await rename(from, path.join(folder, stored));
  await syncFolder(path.dirname(from));
  await syncFolder(path.join(folder, 'items'));
  return undefined;
}

async function bringBack(
  dataDir: string,
  folder: string,
  { path: relative, stored }: Extract<Operation, { type: 'move' }>,
): Promise<string | undefined> {
  const [kept, place] = [path.join(folder, stored), inside(dataDir, relative)];
  if (!(await isThere(kept))) return untouched;
  if (await isThere(place)) return 'Something else has its place now.';
  await rename(kept, place);
  await syncFolder(path.dirname(place));
  return undefined;
}

/** The reason why not. */
async function attempt(work: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await work();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'It is gone.';
    if (errnoOf(error) === 'ELOOP') return 'It is a link now.';
    if (errnoOf(error) === 'EXDEV') return 'It lies on another disk.';
    return messageOf(toStorageError(error));
  }
}

/** Records lie in files, which a hand may have changed. */
function inside(dataDir: string, relative: string): string {
  const at = path.resolve(dataDir, relative);
  if (at === dataDir || at.startsWith(`${dataDir}${path.sep}`)) return at;
  throw new AppError('repair_damaged', 'The record of this repair names a place outside of the data directory.', {
    status: 409,
  });
}

function folderOf(dataDir: string, id: string): string {
  if (!idPattern.test(id)) throw notFound();
  return path.join(dataDir, folderName, id);
}

function notFound(cause?: unknown): AppError {
  return new AppError('repair_not_found', 'There is no such repair.', { status: 404, cause });
}

async function readRecord(folder: string): Promise<Repair> {
  let text: string;
  try {
    text = await readFile(path.join(folder, 'repair.json'), 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw notFound(error);
    throw toStorageError(error);
  }
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (cause) {
    const message = 'The record of this repair cannot be understood. What it keeps lies in the folder repairs.';
    throw new AppError('repair_damaged', message, { status: 409, cause });
  }
}

function writeRecord(folder: string, record: Repair): Promise<void> {
  return atomicWriteFile(path.join(folder, 'repair.json'), `${JSON.stringify(record)}\n`);
}

async function keptBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (entry.isFile() && entry.name !== 'repair.json')
      bytes += (await lstat(path.join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}

async function isThere(at: string): Promise<boolean> {
  try {
    await lstat(at);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
