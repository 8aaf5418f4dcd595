import { open } from 'node:fs/promises';
import type { z } from 'zod';
import { errnoOf } from '../../data/storage-error.ts';
import { parseObject, readLines } from '../../sessions/jsonl.ts';

/** The lines of a file that the schema accepts; torn and alien ones are passed over. None when there is no file. */
export async function readMail<T>(file: string, schema: z.ZodType<T>): Promise<T[]> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const lines: T[] = [];
    for await (const { line } of readLines(handle, size)) {
      const parsed = schema.safeParse(parseObject(line));
      if (parsed.success) lines.push(parsed.data);
    }
    return lines;
  } finally {
    await handle.close();
  }
}
