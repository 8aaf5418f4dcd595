import { lstat, opendir } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../../data/storage-error.ts';
import { isLeftBehind } from '../../data/temporary-name.ts';

export interface Leftover {
  /** Relative to the data directory. */
  path: string;
  sizeBytes: number;
}

/** Whatever is being made is younger. */
const leastAgeMs = 600_000;

/** Half-made files of processes that were killed. Only for who owns the data directory, or while nobody does. */
export async function findLeftovers(dataDir: string, now: number, signal?: AbortSignal): Promise<Leftover[]> {
  const found: Leftover[] = [];
  await look('', false);
  await look('tenants', true);
  return found;

  async function look(folder: string, isDeep: boolean): Promise<void> {
    try {
      for await (const entry of await opendir(path.join(dataDir, folder))) {
        signal?.throwIfAborted();
        const at = path.join(folder, entry.name);
        if (isLeftBehind(entry.name)) await add(at);
        else if (isDeep && entry.isDirectory()) await look(at, true);
      }
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }

  async function add(at: string): Promise<void> {
    const facts = await lstat(path.join(dataDir, at)).catch(() => undefined);
    if (facts !== undefined && now - facts.mtimeMs > leastAgeMs) found.push({ path: at, sizeBytes: facts.size });
  }
}
