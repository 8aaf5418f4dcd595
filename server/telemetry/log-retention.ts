import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { dayOf, listLogFiles } from './log-files.ts';

export interface OldLogFile {
  name: string;
  sizeBytes: number;
}

const dayMs = 86_400_000;

/** Log files of days before the last `days`, oldest first. Today's is never among them. */
export async function oldLogFiles(dataDir: string, days: number, now: number): Promise<OldLogFile[]> {
  const firstKept = dayOf(now - Math.max(1, days) * dayMs);
  const old = listLogFiles(path.join(dataDir, 'logs')).filter(({ day }) => day < firstKept);
  const found = await Promise.all(
    old.map(async ({ path: file }) => ({ name: path.basename(file), sizeBytes: await sizeOf(file) })),
  );
  return found.flatMap(({ name, sizeBytes }) => (sizeBytes === undefined ? [] : { name, sizeBytes }));
}

/** Names that `oldLogFiles` gave; throws the disk's errors. */
export async function removeLogFiles(dataDir: string, names: readonly string[]): Promise<void> {
  for (const name of names) await rm(path.join(dataDir, 'logs', path.basename(name)), { force: true });
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch {
    // Gone, or not ours to look at: not ours to delete either.
    return undefined;
  }
}
