import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Growth, SizeRecord } from '../contract/measures.ts';
import { messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { atomicWriteFile } from './atomic-write.ts';
import type { DiskMeter, DiskUsage } from './disk.ts';
import { growthOf } from './growth.ts';
import { errnoOf } from './storage-error.ts';

export const sizeHistoryName = 'size-history.json';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Every hour of the last days, then one of each day. */
const hourlyMs = 14 * dayMs;
const mostDays = 400;
/** A data directory has a dozen; whatever else lies there is told together. */
const mostFolders = 24;
const otherName = 'other';
/** Looked at so often, so that a machine that slept measures soon. */
const lookMs = 60_000;

const bytes = z.number().min(0);
const fileSchema = z.strictObject({
  version: z.literal(1),
  records: z
    .array(z.strictObject({ at: z.number(), freeBytes: bytes, folders: z.record(z.string().max(255), bytes) }))
    .max(5000),
});

/** How large the data directory was, by the hour; outlives the program in `size-history.json`. */
export interface SizeHistory {
  /** Throws AppError `storage_unavailable`. */
  growth(): Promise<Growth>;
  /** Measures and writes, when that is due. Never rejects. */
  whenDue(): Promise<void>;
  /** Waits for what is being written. Idempotent. */
  close(): Promise<void>;
}

export interface SizeHistoryOptions {
  dataDir: string;
  disk: Pick<DiskMeter, 'read'>;
  clock: Clock;
  logger: Logger;
}

/** Measures by itself until closed; the first time a minute after the start, which has enough to do. */
export function startSizeHistory({ dataDir, disk, clock, logger: of }: SizeHistoryOptions): SizeHistory {
  const logger = of.child({ component: 'data' });
  const file = path.join(dataDir, sizeHistoryName);
  const closing = new AbortController();
  let loading: Promise<SizeRecord[]> | undefined;
  let writing: Promise<void> | undefined;

  async function load(): Promise<SizeRecord[]> {
    try {
      return fileSchema.parse(JSON.parse(await readFile(file, 'utf8'))).records;
    } catch (error) {
      // It tells of the past only: a new one begins.
      if (errnoOf(error) !== 'ENOENT')
        logger.warn('The history of sizes cannot be read; a new one begins.', { reason: messageOf(error) });
      return [];
    }
  }

  const records = (): Promise<SizeRecord[]> => (loading ??= load());

  async function whenDue(): Promise<void> {
    try {
      const known = await records();
      const last = known.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
      // A clock that was set back must not stop it.
      if (clock.now() >= last && clock.now() - last < hourMs) return;
      const latest = recordOf(await disk.read());
      if (closing.signal.aborted) return;
      const next = thinned([...known.filter(({ at }) => at < latest.at), latest], clock.now());
      loading = Promise.resolve(next);
      writing = atomicWriteFile(file, JSON.stringify({ version: 1, records: next }));
      await writing;
    } catch (error) {
      if (!closing.signal.aborted)
        logger.debug('The sizes of the data directory were not written down.', { reason: messageOf(error) });
    }
  }

  async function work(): Promise<void> {
    for (;;) {
      await clock.sleep(lookMs, closing.signal);
      await whenDue();
    }
  }
  // Rejects when it is closed while it waits.
  void work().catch(() => undefined);

  return {
    whenDue,
    growth: async () => growthOf(await records(), recordOf(await disk.read())),
    async close() {
      closing.abort();
      // Not for a measurement: that takes long, and is ended with the disk meter.
      await writing?.catch(() => undefined);
    },
  };
}

/** The largest folders by name, the rest together. */
export function recordOf({ measuredAt, freeBytes, usedBytes }: DiskUsage): SizeRecord {
  const bySize = Object.entries(usedBytes).toSorted(([, a], [, b]) => b - a);
  const folders = Object.fromEntries(bySize.slice(0, mostFolders));
  const rest = bySize.slice(mostFolders).reduce((sum, [, size]) => sum + size, 0);
  if (rest > 0) folders[otherName] = (folders[otherName] ?? 0) + rest;
  return { at: measuredAt, freeBytes, folders };
}

/** Of older days the last record stays. */
export function thinned(records: readonly SizeRecord[], now: number): SizeRecord[] {
  return records.filter(({ at }, index) => {
    if (now - at < hourlyMs) return true;
    if (now - at > mostDays * dayMs) return false;
    const next = records[index + 1];
    return next === undefined || Math.floor(next.at / dayMs) !== Math.floor(at / dayMs);
  });
}
