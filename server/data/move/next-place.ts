import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { newId } from '../../lib/new-id.ts';
import { atomicWriteFile } from '../atomic-write.ts';
import { acquireDataDirLock } from '../lock.ts';
import { errnoOf } from '../storage-error.ts';
import { moveDataDir, planMove } from './move-data-dir.ts';

/** In the data directory that is in force; never copied along. */
export const nextPlaceName = 'next-place.json';

const markSchema = z.strictObject({
  format: z.literal('agentrail-next-place'),
  /** Absolute. */
  to: z.string().min(1),
  /** Why the move was not carried out; it is not tried again. */
  problem: z.string().optional(),
});

/** Where the data directory goes when the program starts the next time. */
export interface NextPlace {
  to: string;
  problem?: string;
}

/** Undefined when nothing was chosen, and for a file that nobody understands. */
export async function readNextPlace(dataDir: string): Promise<NextPlace | undefined> {
  try {
    const mark = markSchema.parse(JSON.parse(await readFile(path.join(dataDir, nextPlaceName), 'utf8')));
    return { to: mark.to, ...(mark.problem !== undefined && { problem: mark.problem }) };
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError || errnoOf(error) !== undefined) return undefined;
    throw error;
  }
}

/** Throws the disk's error. */
export async function writeNextPlace(dataDir: string, place: NextPlace): Promise<void> {
  const mark = { format: 'agentrail-next-place', ...place } satisfies z.input<typeof markSchema>;
  await atomicWriteFile(path.join(dataDir, nextPlaceName), JSON.stringify(mark));
}

export async function forgetNextPlace(dataDir: string): Promise<void> {
  await rm(path.join(dataDir, nextPlaceName), { force: true });
}

export interface NextPlaceMove {
  dataDir: string;
  /** The folder of the program itself. */
  installRoot: string;
  /** More than this is not moved while a person waits for the window. */
  maxBytes: number;
  clock: Clock;
}

/**
 * Carries out what was chosen, before anybody works in the data directory. Resolves with the place that is in force
 * then. A fault leaves everything where it is and is remembered in the mark; only a data directory that another process
 * owns is left for another start.
 */
export async function moveToNextPlace({ dataDir, installRoot, maxBytes, clock }: NextPlaceMove): Promise<string> {
  const next = await readNextPlace(dataDir);
  if (next === undefined || next.problem !== undefined) return dataDir;
  // Throws when somebody owns it; the start that follows then says so in full.
  const lock = await acquireDataDirLock(dataDir, { instanceId: newId('instance'), clock }).catch(() => undefined);
  if (!lock) return dataDir;
  try {
    const question = { from: dataDir, to: next.to, installRoot };
    const { totalBytes } = await planMove(question);
    if (totalBytes > maxBytes) {
      const problem = 'The data directory has grown too large for this. Move it with agentrail data move.';
      await writeNextPlace(dataDir, { to: next.to, problem });
      return dataDir;
    }
    const { to } = await moveDataDir({ ...question, now: clock.now() });
    await forgetNextPlace(dataDir);
    return to;
  } catch (error) {
    // A disk that takes no word of it is told by whoever opens the data directory next.
    await writeNextPlace(dataDir, { to: next.to, problem: messageOf(error) }).catch(() => undefined);
    return dataDir;
  } finally {
    await lock[Symbol.asyncDispose]();
  }
}
