import { chmod, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { VaultAside } from '../contract/secrets.ts';
import { syncFolder } from '../data/folders.ts';
import { errnoOf, toStorageError } from '../data/storage-error.ts';
import { AppError } from '../lib/app-error.ts';
import { parseVault, type VaultDocument } from './vault-format.ts';

const asidePattern = /^vault\.json\.aside-(\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}Z)$/;

/** Undefined when there is no file. Only the owner may read it, whatever a copy made of its rights. */
export async function readVaultFile(path: string): Promise<string | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600);
    return text;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** What a killed process left of a write that never took place. */
export async function removeHalfWritten(dataDir: string): Promise<void> {
  const names = await readdir(dataDir).catch(() => []);
  const left = names.filter((name) => /^\.vault\.(json|key)\..+\.tmp$/.test(name));
  await Promise.all(left.map((name) => rm(join(dataDir, name), { force: true }).catch(() => undefined)));
}

/** Vaults that were moved away, newest first. */
export async function listAside(dataDir: string): Promise<VaultAside[]> {
  const names = await readdir(dataDir).catch((error: unknown) => {
    throw toStorageError(error);
  });
  const found = names.flatMap((name) => {
    const [, when] = asidePattern.exec(name) ?? [];
    return when ? [{ name, at: Date.parse(when.replace(/T(\d{2})-(\d{2})-/, 'T$1:$2:')) }] : [];
  });
  const sized = await Promise.all(
    found.map(async (each) => ({
      ...each,
      sizeBytes: await stat(join(dataDir, each.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    })),
  );
  return sized.sort((a, b) => b.at - a.at);
}

/** Moves vault.json away; gives the new path, or undefined when there is none. */
export async function moveAside(dataDir: string, now: number): Promise<string | undefined> {
  const path = join(dataDir, 'vault.json');
  for (let at = now; ; at += 1) {
    const aside = `${path}.aside-${new Date(at).toISOString().replaceAll(':', '-')}`;
    if (await isThere(aside)) continue;
    try {
      await rename(path, aside);
      await syncFolder(dataDir);
      return aside;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw toStorageError(error);
    }
  }
}

/** The path of a vault that was moved away. Throws AppError `vault_not_found` (404). */
export async function asideFile(dataDir: string, name: string): Promise<string> {
  if (asidePattern.test(name) && (await isThere(join(dataDir, name)))) return join(dataDir, name);
  throw new AppError('vault_not_found', 'There is no such vault. Look at the list again.', { status: 404 });
}

/** Those that were moved away and open with the key of this id. What cannot be read needs no key. */
export async function asideWithKey(dataDir: string, id: string): Promise<VaultAside[]> {
  const all = await listAside(dataDir);
  const documents = await Promise.all(all.map(async ({ name }) => readDocument(join(dataDir, name))));
  return all.filter((_, at) => documents[at]?.id === id);
}

async function readDocument(path: string): Promise<VaultDocument | undefined> {
  return readFile(path, 'utf8').then(parseVault, () => undefined);
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
