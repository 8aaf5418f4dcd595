import { randomUUID } from 'node:crypto';
import { lstat, mkdir, opendir, rename } from 'node:fs/promises';
import path from 'node:path';
import { createDataLayout } from './layout.ts';
import { errnoOf, toStorageError } from './storage-error.ts';
import { removeTree } from './tree.ts';
import { removeWorkspaceStart } from './workspace-start.ts';

/** What is on its way out; no tenant has a name that starts with a dot. */
const removedFolder = '.removed';

/**
 * Removes the workspace of a session that is gone, or all workspaces of a tenant, and tells how many bytes that were.
 * Out of the way in one step, so that a new session of the same name gets a new one. Throws AppError.
 */
export async function removeWorkspace(dataDir: string, tenantId: string, sessionId?: string): Promise<number> {
  const { sandboxesDir, sandboxDir } = createDataLayout(dataDir);
  const own = sessionId === undefined ? path.dirname(sandboxDir(tenantId, 'x')) : sandboxDir(tenantId, sessionId);
  const removed = path.join(sandboxesDir, removedFolder, randomUUID());
  try {
    await removeWorkspaceStart(dataDir, tenantId, sessionId);
    if (!(await isFolder(own))) return 0;
    const sizeBytes = await bytesBelow(own);
    await mkdir(path.dirname(removed), { recursive: true, mode: 0o700 });
    await rename(own, removed);
    await removeTree(removed);
    return sizeBytes;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0;
    throw toStorageError(error);
  }
}

async function isFolder(at: string): Promise<boolean> {
  try {
    return (await lstat(at)).isDirectory();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw error;
  }
}

/** Links are not followed; what vanishes or cannot be looked into counts nothing. */
async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0;
  try {
    for await (const entry of await opendir(folder)) {
      const at = path.join(folder, entry.name);
      bytes += entry.isDirectory() ? await bytesBelow(at) : (await lstat(at)).size;
    }
  } catch (error) {
    if (!['ENOENT', 'EACCES', 'ENOTDIR', 'ENAMETOOLONG'].includes(errnoOf(error) ?? '')) throw error;
  }
  return bytes;
}
