import { randomUUID } from 'node:crypto';
import { mkdir, readdir, realpath, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import type { CopyStep, MovedFrom, MovePlan, MoveReport } from '../../contract/backups.ts';
import { AppError } from '../../lib/app-error.ts';
import { errnoOf, storageFaultOf } from '../storage-error.ts';
import { checkTarget } from './check-target.ts';
import { createTreeCopy } from './copy-tree.ts';
import { beginMove, forgetMovedFrom, isMovedBy, movedName, readMovedFrom, switchMove } from './move-marks.ts';

export interface MoveOptions {
  from: string;
  /** Absolute. */
  to: string;
  installRoot: string;
  now: number;
  onStep?(step: CopyStep): void;
  signal?: AbortSignal;
}

/** A copy that is made and proved; the old place is still in force. */
export interface PreparedMove {
  readonly plan: MovePlan;
  /**
   * Copies what changed since, proves everything, and switches. Nobody may write to the old place; its lock must be held
   * by the caller. An abort or a fault leaves the old place in force and nothing at the new one.
   */
  finish(): Promise<MoveReport>;
  /** Leaves nothing at the new place. */
  discard(): Promise<void>;
}

/** Throws as `checkTarget`. */
export async function planMove({ from, to, installRoot }: Pick<MoveOptions, 'from' | 'to' | 'installRoot'>) {
  const copy = createTreeCopy({ from: await realpath(from), to, onStep: () => undefined });
  return checkTarget({ from, to, installRoot, ...(await copy.look()) });
}

/**
 * Copies while the old place is in use. Throws as `checkTarget`, `move_disk_full` (503), the disk's error, the signal's
 * reason.
 */
export async function prepareMove(options: MoveOptions): Promise<PreparedMove> {
  const { now, onStep = () => undefined, signal } = options;
  const from = await realpath(options.from);
  const plan = await planMove(options);
  const { to } = plan;
  const id = randomUUID();
  const copy = createTreeCopy({ from, to, onStep, ...(signal && { signal }) });
  let isOurs = false;
  let hadFolder = false;

  /** What was there before, an empty folder or none, is there again. */
  async function discard(): Promise<void> {
    if (!isOurs) return;
    await clear(to, new Set(['lost+found']));
    if (!hadFolder) await rmdir(to).catch(() => undefined);
  }

  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await discard();
      signal?.throwIfAborted();
      throw toMoveError(error, to);
    }
  }

  await guarded(async () => {
    hadFolder = (await mkdir(to, { recursive: true, mode: 0o700 })) === undefined;
    // Nothing but what a killed move left can be there.
    await clear(to, new Set(['lost+found']));
    await beginMove(from, to, id, now);
    isOurs = true;
    await copy.look();
    await copy.update();
  });

  return {
    plan,
    discard,
    finish: () =>
      guarded(async () => {
        await copy.look();
        await copy.update();
        const { files, totalBytes } = await copy.verify();
        signal?.throwIfAborted();
        await switchMove(from, to, id, now);
        return { from, to, files, totalBytes };
      }),
  };
}

/** With nobody at work in the old place; the caller holds its lock. */
export async function moveDataDir(options: MoveOptions): Promise<MoveReport> {
  return (await prepareMove(options)).finish();
}

/** The old copy that a move left, with its size; undefined when there is none. */
export async function oldCopyOf(dataDir: string): Promise<MovedFrom | undefined> {
  const mark = await readMovedFrom(dataDir);
  if (mark === undefined || !(await isMovedBy(mark))) return undefined;
  const names = (await readdir(mark.from)).filter((name) => name !== movedName);
  if (names.length === 0) return undefined;
  const { totalBytes } = await createTreeCopy({ from: mark.from, to: dataDir, onStep: () => undefined }).look();
  return { from: mark.from, movedAt: mark.at, sizeBytes: totalBytes };
}

/**
 * Removes the old copy for good. The old folder stays with the mark that tells where to, for whoever is still started
 * with it. Throws AppError `nothing_to_confirm` (409).
 */
export async function confirmMove(dataDir: string): Promise<MovedFrom> {
  const old = await oldCopyOf(dataDir);
  if (old === undefined) {
    throw new AppError('nothing_to_confirm', 'There is no old copy of this data directory.', { status: 409 });
  }
  await clear(old.from, new Set([movedName, 'lost+found']));
  await forgetMovedFrom(dataDir);
  return old;
}

/** The mark of the move goes last: a folder that was only half cleared is still known. */
async function clear(folder: string, keep: ReadonlySet<string>): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  for (const name of names.toSorted((a, b) => Number(a === '.moving.json') - Number(b === '.moving.json')))
    if (!keep.has(name)) await rm(path.join(folder, name), { recursive: true, force: true, maxRetries: 3 });
}

function toMoveError(error: unknown, to: string): unknown {
  if (error instanceof AppError || storageFaultOf(error) !== 'disk_full') return error;
  const message = `The disk at ${to} got full. Nothing was changed; free some space or choose another disk.`;
  return new AppError('move_disk_full', message, { status: 503, cause: error });
}
