import { chmod, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder whose rights were put right: its owner may use it again, and nobody else. */
export interface Repaired {
  what: 'rights';
  path: string;
}

const ownerMayUse = 0o700;

/**
 * Gives this user back the rights to the data directory and the folders right below it. Nothing is removed or rewritten,
 * and nothing of another user is touched. Resolves with what was changed.
 */
export async function repairDataDir(dataDir: string): Promise<Repaired[]> {
  const own = await repairFolder(dataDir);
  const names = await readdir(dataDir).catch(() => []);
  const below = await Promise.all(names.map((name) => repairFolder(join(dataDir, name))));
  return [own, ...below].flatMap((repaired) => repaired ?? []);
}

async function repairFolder(path: string): Promise<Repaired | undefined> {
  // Links are not followed: what they lead to is not ours to change.
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isDirectory() || found.uid !== process.getuid?.()) return undefined;
  if ((found.mode & ownerMayUse) === ownerMayUse) return undefined;
  await chmod(path, ownerMayUse);
  return { what: 'rights', path };
}
