import { posix } from 'node:path';
import type { FileDifference, FolderListing, WorkspaceChanges, WorkspaceNews } from '../../contract/workspace-files.ts';
import { readWorkspaceStart } from '../../data/workspace-start.ts';
import { AppError } from '../../lib/app-error.ts';
import type { SandboxManager } from '../sandbox.ts';
import { type CommandUser, chooseCommandUser, type WorkspaceOwner } from '../workspace.ts';
import { compareTrees, describeChange } from './changes.ts';
import type { FileTree, OpenedFile } from './file-tree.ts';
import { createFolderFiles } from './folder-files.ts';

const mostCompared = 20_000;
/** Clocks of a folder's disk are a little coarse. */
const slackMs = 2000;

export interface WorkspaceFilesOptions {
  /** Absolute. */
  dataDir: string;
  sandboxes: Pick<SandboxManager, 'list' | 'acquire'>;
}

/** The files of sessions: through the sandbox while one has them, else in the folder that it left. */
export interface WorkspaceFiles {
  list(owner: WorkspaceOwner, path: string, signal: AbortSignal): Promise<FolderListing>;
  fetch(owner: WorkspaceOwner, path: string, signal: AbortSignal): Promise<OpenedFile>;
  store: Bound<'store'>;
  makeFolder: Bound<'makeFolder'>;
  remove: Bound<'remove'>;
  rename: Bound<'rename'>;
  zip(owner: WorkspaceOwner, path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  changes(owner: WorkspaceOwner, signal: AbortSignal): Promise<WorkspaceChanges>;
  difference(owner: WorkspaceOwner, path: string, signal: AbortSignal): Promise<FileDifference>;
  watch(owner: WorkspaceOwner, onNews: (news: WorkspaceNews) => void, signal: AbortSignal): Promise<void>;
}
type Bound<Name extends 'store' | 'makeFolder' | 'remove' | 'rename'> = (
  owner: WorkspaceOwner,
  ...rest: Parameters<FileTree[Name]>
) => Promise<void>;

export function createWorkspaceFiles({ dataDir, sandboxes }: WorkspaceFilesOptions): WorkspaceFiles {
  const own = ownUser();
  const user = chooseCommandUser(own);

  /** A sandbox that is on its way up or down is waited for: then it is clear who has the files. */
  async function filesOf({ tenantId, sessionId }: WorkspaceOwner): Promise<FileTree> {
    const owner = { tenantId, sessionId };
    const known = sandboxes.list().find((each) => each.tenantId === tenantId && each.sessionId === sessionId);
    const has = known && !['gone', 'failed', 'lost'].includes(known.state);
    if (has) return (await sandboxes.acquire(owner)).files;
    return createFolderFiles({ dataDir, owner, user, givesAway: own?.uid === 0 });
  }

  async function startOf({ tenantId, sessionId }: WorkspaceOwner) {
    return readWorkspaceStart(dataDir, tenantId, sessionId);
  }

  return {
    async list(owner, path, signal) {
      const files = await filesOf(owner);
      const inside = insideOf(path);
      return { path: inside === '.' ? '' : inside, ...(await files.list(inside, signal)), from: files.from };
    },
    fetch: async (owner, path, signal) => (await filesOf(owner)).fetch(insideOf(path), signal),
    store: async (owner, path, ...rest) => (await filesOf(owner)).store(insideOf(path), ...rest),
    makeFolder: async (owner, path, signal) => (await filesOf(owner)).makeFolder(insideOf(path), signal),
    remove: async (owner, path, signal) => (await filesOf(owner)).remove(insideOf(path), signal),
    rename: async (owner, path, to, signal) => (await filesOf(owner)).rename(insideOf(path), insideOf(to), signal),
    zip: async (owner, path, signal) => (await filesOf(owner)).zip(insideOf(path), signal),
    async changes(owner, signal) {
      const start = await startOf(owner);
      if (!start) return { changes: [], isWhole: false };
      const files = await filesOf(owner);
      const { entries, hasMore } = await files.scan(start.notedAt - slackMs, mostCompared, signal);
      return {
        since: start.notedAt,
        changes: compareTrees(start.entries, entries),
        isWhole: start.isWhole && !hasMore,
      };
    },
    async difference(owner, path, signal) {
      const start = await startOf(owner);
      if (!start) return { path, reason: 'not_kept' };
      return describeChange(await filesOf(owner), start, insideOf(path), signal);
    },
    watch: async (owner, onNews, signal) => (await filesOf(owner)).watch(onNews, signal),
  };
}

/** Refuses what could mean anything but a place below the workspace. */
function insideOf(path: string): string {
  const inside = posix.normalize(path === '' ? '.' : path).replace(/\/$/, '');
  const leaves = inside.startsWith('/') || inside === '..' || inside.startsWith('../');
  if (leaves || path.includes('\0') || path.length > 4096) {
    throw new AppError('path_outside_workspace', 'Give a path below the workspace, without a slash before it.', {
      status: 400,
    });
  }
  return inside;
}

function ownUser(): CommandUser | undefined {
  return process.getuid && process.getgid ? { uid: process.getuid(), gid: process.getgid() } : undefined;
}
