import { lstat, opendir, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createDataLayout } from './layout.ts';
import { isAlive } from './process-identity.ts';
import { errnoOf } from './storage-error.ts';
import { isLeftBehind } from './temporary-name.ts';

export interface LeftBehindOptions {
  logger: Logger;
  clock: Clock;
  signal: AbortSignal;
  /** A killed owner surely left something; one that stopped in order only what a disk would not let go of then. */
  isLikely: boolean;
}

/** Folders between two rests, where nothing is likely to be found. */
const foldersAtOnce = 100;
const restMs = 20;

/**
 * Removes the half-made files of earlier owners of the data directory: those with a name of `temporaryName` of another
 * process that nobody touched since this owner's lock was made, by the disk's own clock. Looks into every folder of a
 * session, and may go on while the owner works. Call it with the lock held. Never throws.
 */
export async function removeLeftBehind(dataDir: string, options: LeftBehindOptions): Promise<void> {
  const { logger, clock, signal, isLikely } = options;
  const layout = createDataLayout(dataDir);
  let count = 0;
  let folders = 0;

  async function remove(place: string, lockedAt: number): Promise<void> {
    if ((await lstat(place)).ctimeMs > lockedAt) return;
    await rm(place, { recursive: true, force: true });
    count += 1;
  }

  async function walk(folder: string, lockedAt: number): Promise<void> {
    folders += 1;
    if (!isLikely && folders % foldersAtOnce === 0) await clock.sleep(restMs, signal);
    for await (const entry of await opendir(folder)) {
      if (signal.aborted) return;
      const place = path.join(folder, entry.name);
      if (isLeftBehind(entry.name)) await remove(place, lockedAt).catch(ignoreVanished);
      else if (entry.isDirectory()) await walk(place, lockedAt).catch(ignoreVanished);
    }
  }

  try {
    const { ctimeMs: lockedAt } = await stat(layout.lockFile);
    for (const name of await readdir(dataDir)) {
      const place = path.join(dataDir, name);
      if (isLeftBehind(name)) await remove(place, lockedAt).catch(ignoreVanished);
      else if (name.startsWith('lock.') && !(await isHolderAlive(place))) await remove(place, lockedAt);
    }
    await walk(layout.tenantsDir, lockedAt).catch(ignoreVanished);
  } catch (error) {
    if (!signal.aborted) logger.warn('half-made files could not be looked for', { reason: messageOf(error) });
  }
  if (count > 0) logger.info('half-made files of an earlier owner were removed', { count });
}

function ignoreVanished(error: unknown): void {
  if (errnoOf(error) !== 'ENOENT') throw error;
}

const holderSchema = z.object({ pid: z.number().int().positive(), startTime: z.string() });

/** Another program may be asking for the lock at this moment, with files of its own beside it. */
async function isHolderAlive(file: string): Promise<boolean> {
  try {
    const holder = holderSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
    return !holder.success || (await isAlive(holder.data));
  } catch (error) {
    // Gone, or being written.
    return errnoOf(error) !== 'ENOENT';
  }
}
