import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { DrillRecord, ScheduledResult } from '../../contract/backups.ts';
import { messageOf } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { atomicWriteFile } from '../atomic-write.ts';
import { errnoOf } from '../storage-error.ts';

const backupRecordName = 'backup-record.json';
const mostDrills = 20;

const text = z.string().max(2000);
const drillSchema = z.strictObject({
  ...{ name: text, at: z.number(), tenants: z.number(), sessions: z.number(), messages: z.number() },
}) satisfies z.ZodType<DrillRecord>;
const scheduledSchema = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), at: z.number(), name: text, sizeBytes: z.number() }),
  z.strictObject({ ok: z.literal(false), at: z.number(), code: text, message: text }),
]) satisfies z.ZodType<ScheduledResult>;
const fileSchema = z.strictObject({
  version: z.literal(1),
  scheduled: scheduledSchema.optional(),
  drills: z.array(drillSchema).max(1000),
});

/** What became of the last scheduled backup and of drills; outlives the program. Writing never rejects. */
export interface BackupRecord {
  scheduled(): Promise<ScheduledResult | undefined>;
  /** Newest first. */
  drills(): Promise<readonly DrillRecord[]>;
  keepScheduled(result: ScheduledResult): Promise<void>;
  keepDrill(drill: DrillRecord): Promise<void>;
}

export function createBackupRecord(dataDir: string, logger: Logger): BackupRecord {
  const file = path.join(dataDir, backupRecordName);
  let loading: Promise<z.output<typeof fileSchema>> | undefined;

  async function load(): Promise<z.output<typeof fileSchema>> {
    try {
      return fileSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT')
        logger.warn('What is known of earlier backups cannot be read; it begins anew.', { reason: messageOf(error) });
      return { version: 1, drills: [] };
    }
  }

  const known = () => (loading ??= load());

  async function keep(change: (before: z.output<typeof fileSchema>) => z.output<typeof fileSchema>): Promise<void> {
    const next = change(await known());
    loading = Promise.resolve(next);
    try {
      await atomicWriteFile(file, JSON.stringify(next));
    } catch (error) {
      // The disk that took no backup takes no word of it either; this process still knows.
      logger.debug('The result was not written down.', { reason: messageOf(error) });
    }
  }

  return {
    scheduled: async () => (await known()).scheduled,
    drills: async () => (await known()).drills,
    keepScheduled: (scheduled) => keep((before) => ({ ...before, scheduled })),
    keepDrill: (drill) => keep((before) => ({ ...before, drills: [drill, ...before.drills].slice(0, mostDrills) })),
  };
}
