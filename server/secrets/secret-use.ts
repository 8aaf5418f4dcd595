import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type ProbeResult, type SecretUser, secretNameSchema, secretUsers } from '../contract/secrets.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { createSerialQueue } from '../lib/serial-queue.ts';
import type { Logger } from '../telemetry/logger.ts';

const writtenEveryMs = 60_000;

const useSchema = z.strictObject({
  at: z.number().exactOptional(),
  by: z.enum(secretUsers).exactOptional(),
  result: z
    .strictObject({
      outcome: z.enum(['accepted', 'rejected', 'unreachable', 'unsupported']),
      message: z.string().max(2000),
      status: z.number().exactOptional(),
      at: z.number(),
    })
    .exactOptional(),
});
type Use = z.infer<typeof useSchema>;
const fileSchema = z.strictObject({ version: z.literal(1), uses: z.record(secretNameSchema, useSchema) });

/** When and by what each secret was used, and what its last test said: kept over restarts, to the minute. */
export interface SecretUses {
  of(name: string): Readonly<Use>;
  mark(name: string, by: SecretUser): void;
  setResult(name: string, result: ProbeResult | undefined): void;
  forget(name: string): void;
  close(): Promise<void>;
}

export interface SecretUsesOptions {
  dataDir: string;
  clock: Clock;
  logger: Logger;
}

/** A file that cannot be understood counts as none: nothing depends on it. */
export async function openSecretUses({ dataDir, clock, logger }: SecretUsesOptions): Promise<SecretUses> {
  const path = join(dataDir, 'secret-use.json');
  const uses = new Map(Object.entries(await readUses(path)));
  const queue = createSerialQueue();
  let isNew = false;
  let writtenAt = clock.monotonic();

  function changed(isUrgent: boolean): void {
    isNew = true;
    if (!isUrgent && clock.monotonic() - writtenAt < writtenEveryMs) return;
    void queue(write);
  }

  async function write(): Promise<void> {
    if (!isNew) return;
    isNew = false;
    writtenAt = clock.monotonic();
    try {
      await atomicWriteFile(path, `${JSON.stringify({ version: 1, uses: Object.fromEntries(uses) })}\n`);
    } catch (error) {
      isNew = true;
      logger.debug('When secrets were last used could not be written.', { reason: messageOf(error) });
    }
  }

  return {
    of: (name) => uses.get(name) ?? {},
    mark(name, by) {
      uses.set(name, { ...uses.get(name), at: clock.now(), by });
      changed(false);
    },
    setResult(name, result) {
      const { result: old, ...rest } = uses.get(name) ?? {};
      if (!old && !result) return;
      uses.set(name, { ...rest, ...(result && { result: { ...result, message: result.message.slice(0, 2000) } }) });
      changed(old?.outcome !== result?.outcome);
    },
    forget(name) {
      if (uses.delete(name)) changed(true);
    },
    close: () => queue(write),
  };
}

async function readUses(path: string): Promise<Record<string, Use>> {
  try {
    return fileSchema.parse(JSON.parse(await readFile(path, 'utf8'))).uses;
  } catch {
    // Missing or not ours: the first use writes it anew.
    return {};
  }
}
