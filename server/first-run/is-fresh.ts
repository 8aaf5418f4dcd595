import { access, readdir } from 'node:fs/promises';
import { createDataLayout } from '../data/layout.ts';
import { errnoOf } from '../data/storage-error.ts';

/** No session, no stored secret and no settings yet. What cannot be looked at counts as used. */
export async function isFreshDataDir(dataDir: string, configFile: string): Promise<boolean> {
  const { vaultFile, tenantsDir } = createDataLayout(dataDir);
  try {
    if ((await isThere(vaultFile)) || (await isThere(configFile))) return false;
    return (await namesIn(tenantsDir)).filter((name) => !name.startsWith('.')).length === 0;
  } catch {
    return false;
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
