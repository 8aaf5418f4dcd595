import { opendir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { messageOf } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createDataLayout } from './layout.ts';
import { isAlive } from './process-identity.ts';
import { errnoOf } from './storage-error.ts';
import { isLeftBehind } from './temporary-name.ts';

/**
 * Removes the half-made files that an owner of the data directory left when it was killed. Looks into every folder of a
 * session, so it is for a takeover only, and may go on while the new owner works. Never throws.
 */
export async function removeLeftBehind(dataDir: string, logger: Logger, signal: AbortSignal): Promise<void> {
  const layout = createDataLayout(dataDir);
  let count = 0;

  async function remove(place: string): Promise<void> {
    await rm(place, { recursive: true, force: true });
    count += 1;
  }

  async function walk(folder: string): Promise<void> {
    for await (const entry of await opendir(folder)) {
      if (signal.aborted) return;
      const place = path.join(folder, entry.name);
      if (isLeftBehind(entry.name)) await remove(place);
      else if (entry.isDirectory()) await walk(place).catch(ignoreVanished);
    }
  }

  try {
    for (const name of await readdir(dataDir)) {
      const place = path.join(dataDir, name);
      if (isLeftBehind(name) || (name.startsWith('lock.') && !(await isHolderAlive(place)))) await remove(place);
    }
    await walk(layout.tenantsDir).catch(ignoreVanished);
    if (count > 0) logger.info('half-made files of an owner that was killed were removed', { count });
  } catch (error) {
    logger.warn('half-made files could not be looked for', { reason: messageOf(error) });
  }
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
