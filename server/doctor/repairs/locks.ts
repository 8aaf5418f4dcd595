import { lstat, readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { isAlive } from '../../data/process-identity.ts';
import type { Leftover } from './leftovers.ts';

const holderSchema = z.object({ pid: z.number().int().positive(), startTime: z.string(), host: z.string().optional() });

/** What was made beside the lock by processes that are gone; one that cannot be understood may be just being written. */
export async function findLooseLocks(dataDir: string): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const name of (await readdir(dataDir)).filter((each) => each.startsWith('lock.'))) {
    const file = path.join(dataDir, name);
    const holder = await readHolder(file);
    if (holder === undefined || (holder.host ?? hostname()) !== hostname() || (await isAlive(holder))) continue;
    const facts = await lstat(file).catch(() => undefined);
    if (facts?.isFile()) found.push({ path: name, sizeBytes: facts.size });
  }
  return found;
}

async function readHolder(file: string): Promise<z.output<typeof holderSchema> | undefined> {
  try {
    return holderSchema.safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
