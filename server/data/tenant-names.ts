import { readdir } from 'node:fs/promises';
import { idPattern } from '../contract/ids.ts';
import { createDataLayout } from './layout.ts';
import { errnoOf, toStorageError } from './storage-error.ts';

/** The tenants that have a folder in the data directory. */
export async function namesOfTenants(dataDir: string): Promise<string[]> {
  try {
    const entries = await readdir(createDataLayout(dataDir).tenantsDir, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && idPattern.test(entry.name)).map(({ name }) => name);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw toStorageError(error);
  }
}
