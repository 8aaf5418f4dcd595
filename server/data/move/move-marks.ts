import { readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { AppError } from '../../lib/app-error.ts';
import { atomicWriteFile } from '../atomic-write.ts';
import { syncFolder } from '../folders.ts';
import { finishSwap } from '../restore/swap.ts';
import { errnoOf } from '../storage-error.ts';

/**
 * A move is remembered in both places. Writing `moved.json` into the old one is the switch: from then on whoever is
 * started with the old place goes on to the new one, whichever way the old one was named to it. The new one holds
 * `.moving.json` until then and `moved-from.json` after it, until the old copy is removed.
 */
const pattern = /^[0-9a-f-]{36}$/;
const movedSchema = z.strictObject({
  format: z.literal('agentrail-moved'),
  id: z.string().regex(pattern),
  to: z.string().min(1),
  at: z.number(),
});
const fromSchema = z.strictObject({
  format: z.literal('agentrail-moved-from'),
  id: z.string().regex(pattern),
  from: z.string().min(1),
  at: z.number(),
});
export type MovedFromMark = z.output<typeof fromSchema>;

export const movedName = 'moved.json';
export const movedFromName = 'moved-from.json';
export const movingName = '.moving.json';
/** Of one start; a ring of moves is a mistake of somebody's hand. */
const maxMoves = 8;

/**
 * Where the data directory is by now: interrupted restores are finished and moves are followed. Call before it is looked
 * at. Throws AppError `data_dir_moved`, `move_unfinished` (503), `restore_interrupted` (503).
 */
export async function settleDataDir(dataDir: string): Promise<string> {
  let current = dataDir;
  for (let moves = 0; moves <= maxMoves; moves += 1) {
    await finishSwap(current);
    await finishMove(current);
    const moved = await readMark(path.join(current, movedName), movedSchema);
    if (moved === undefined) return current;
    const arrived = await readMark(path.join(moved.to, movedFromName), fromSchema);
    const arriving = await readMark(path.join(moved.to, movingName), fromSchema);
    // Once the old copy is gone, the new place no longer remembers it.
    if (arrived === undefined && arriving === undefined && !(await isDataDir(moved.to)))
      throw isAway(current, moved.to);
    current = moved.to;
  }
  throw isAway(dataDir, current);
}

/** In a new place: after the switch its mark becomes `moved-from.json`; before it, nobody may work there. */
async function finishMove(folder: string): Promise<void> {
  const moving = await readMark(path.join(folder, movingName), fromSchema);
  if (moving === undefined) return;
  const moved = await readMark(path.join(moving.from, movedName), movedSchema);
  if (moved?.id !== moving.id) {
    const message = `A move of the data directory to ${folder} did not come to its end. Start with ${moving.from}, which is whole, and move again.`;
    throw new AppError('move_unfinished', message, { status: 503 });
  }
  await arrive(folder);
}

export async function beginMove(from: string, to: string, id: string, at: number): Promise<void> {
  const mark: MovedFromMark = { format: 'agentrail-moved-from', id, from, at };
  await atomicWriteFile(path.join(to, movingName), JSON.stringify(mark));
}

/** The switch. Before it returns the old place is in force or the new one, whatever happens. */
export async function switchMove(from: string, to: string, id: string, at: number): Promise<void> {
  await atomicWriteFile(path.join(from, movedName), JSON.stringify({ format: 'agentrail-moved', id, to, at }));
  await arrive(to);
}

async function arrive(to: string): Promise<void> {
  await rename(path.join(to, movingName), path.join(to, movedFromName)).catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT') throw error;
  });
  await syncFolder(to);
}

/** The move that brought the data directory here and whose old copy was not removed yet. */
export function readMovedFrom(dataDir: string): Promise<MovedFromMark | undefined> {
  return readMark(path.join(dataDir, movedFromName), fromSchema);
}

/** Whether the old place says that it was moved by this very move. */
export async function isMovedBy({ id, from }: MovedFromMark): Promise<boolean> {
  return (await readMark(path.join(from, movedName), movedSchema))?.id === id;
}

export async function forgetMovedFrom(dataDir: string): Promise<void> {
  await rm(path.join(dataDir, movedFromName), { force: true });
}

/** What a killed move left there, if this is that: such a folder counts as empty. */
export function readMoving(folder: string): Promise<MovedFromMark | undefined> {
  return readMark(path.join(folder, movingName), fromSchema);
}

/** Of a move that was killed in its first moment. */
export function isHalfMark(name: string): boolean {
  return name.startsWith(`.${movingName}.`) && name.endsWith('.tmp');
}

async function isDataDir(folder: string): Promise<boolean> {
  return stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function readMark<Schema extends z.ZodType>(file: string, schema: Schema): Promise<z.output<Schema> | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const message = `The file ${file}, which tells where the data directory was moved, cannot be understood. Name the right directory with --data-dir, and remove the file.`;
    throw new AppError('data_dir_moved', message, { status: 503, cause });
  }
}

function isAway(from: string, to: string): AppError {
  const message = `The data directory ${from} was moved to ${to}, which is not there. Attach its disk. To go back to the old copy, if it is still there, remove ${path.join(from, movedName)}.`;
  return new AppError('data_dir_moved', message, { status: 503 });
}
