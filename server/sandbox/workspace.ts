import { chown, lstat, mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeTree } from '../data/tree.ts';
import { AppError } from '../lib/app-error.ts';

const sandboxUid = 1000;

/** Whose rights commands have inside: uid 1000 for a server that may give folders away, else the server's own. */
export interface CommandUser {
  uid: number;
  gid: number;
}

/** `user` is the server's own, or undefined where users have no numbers. */
export function chooseCommandUser(user: CommandUser | undefined): CommandUser {
  return user === undefined || user.uid === 0 ? { uid: sandboxUid, gid: sandboxUid } : user;
}

export interface WorkspaceOwner {
  tenantId: string;
  sessionId: string;
}

export function workspacePath(dataDir: string, { tenantId, sessionId }: WorkspaceOwner): string {
  return join(dataDir, 'sandboxes', tenantId, sessionId);
}

/** Where workspaces wait that belong to no session yet. No tenant has a name that starts with a dot. */
export function poolPath(dataDir: string): string {
  return join(dataDir, 'sandboxes', '.pool');
}

/** `{dataDir}/sandboxes/{tenantId}/{sessionId}`, made when missing and owned by the command user. */
export function leaseWorkspace(dataDir: string, owner: WorkspaceOwner, user: CommandUser): Promise<string> {
  return makeWorkspace(workspacePath(dataDir, owner), user);
}

export async function makeWorkspace(path: string, user: CommandUser): Promise<string> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const facts = await lstat(path);
    if (!facts.isDirectory()) {
      throw new AppError('storage_unavailable', 'The workspace of this session is not a folder. Move it away.', {
        status: 503,
      });
    }
    if (process.platform !== 'win32' && facts.uid !== user.uid) {
      await chown(path, user.uid, user.gid);
    }
    return path;
  } catch (cause) {
    if (cause instanceof AppError) {
      throw cause;
    }
    throw new AppError(
      'storage_unavailable',
      'The workspace folder cannot be made or given to the sandbox’s user. Check space and rights of the data directory.',
      { status: 503, cause },
    );
  }
}

/**
 * Gives a waiting workspace to a session. A container that has it mounted keeps it: a mount is of the folder, whatever
 * its name. False when the session has a workspace with something in it already; that one is never touched.
 */
export async function moveWorkspace(from: string, to: string): Promise<boolean> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  try {
    await rename(from, to);
    return true;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') {
      return false;
    }
    throw new AppError('storage_unavailable', 'The workspace folder cannot be moved into its place.', {
      status: 503,
      cause,
    });
  }
}

export async function removeWorkspace(path: string): Promise<void> {
  await removeTree(path);
}
