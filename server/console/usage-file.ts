import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { UsageBucket } from '../contract/usage.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { errnoOf } from '../data/storage-error.ts';
import type { UsageStore } from './usage-history.ts';

const count = z.number().min(0);
const fileSchema = z.strictObject({
  version: z.literal(1),
  hours: z
    .array(
      z.strictObject({
        ...{ at: count, runs: count, failed: count, inputTokens: count, outputTokens: count, cost: count },
        durationMs: count,
        models: z.array(z.strictObject({ model: z.string(), runs: count, tokens: count, cost: count })).exactOptional(),
      }),
    )
    .max(2000),
});

/** `usage.json` in the data directory, a few kilobytes. */
export function createUsageFile(dataDir: string): UsageStore {
  const file = path.join(dataDir, 'usage.json');
  return {
    async load(): Promise<UsageBucket[]> {
      try {
        return fileSchema.parse(JSON.parse(await readFile(file, 'utf8'))).hours;
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return [];
        throw error;
      }
    },
    save: (hours) => atomicWriteFile(file, JSON.stringify({ version: 1, hours })),
  };
}
