import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { createDataLayout } from '../../data/layout.ts';
import {
  hasWorkspaceStart,
  type NotedEntry,
  type WorkspaceStart,
  writeWorkspaceStart,
} from '../../data/workspace-start.ts';
import { messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { CommandUser, WorkspaceOwner } from '../workspace.ts';
import type { FileTree } from './file-tree.ts';
import { createFolderFiles } from './folder-files.ts';
import { readText } from './read-text.ts';

const mostEntries = 20_000;
const mostTextBytes = 8 * 1024 * 1024;
export const mostTextOfOne = 256 * 1024;
/** What takes longer is left out: somebody waits for the sandbox. */
const boundMs = 2000;

export interface SessionStartsOptions {
  dataDir: string;
  user: CommandUser;
  givesAway: boolean;
  clock: Clock;
  logger: Logger;
}

/** Notes what a workspace is before its session uses it for the first time, so that later one can tell what changed. */
export interface SessionStarts {
  /** Before a container has the workspace. Never rejects: without a note there is nothing to compare with. */
  note(owner: WorkspaceOwner): Promise<void>;
  /** Resolves when nothing is being written any more. */
  ended(): Promise<void>;
}

export function createSessionStarts({ dataDir, user, givesAway, clock, logger }: SessionStartsOptions): SessionStarts {
  const writing = new Set<Promise<void>>();
  const write = ({ tenantId, sessionId }: WorkspaceOwner, start: WorkspaceStart) =>
    writeWorkspaceStart(dataDir, tenantId, sessionId, start);

  async function note(owner: WorkspaceOwner): Promise<void> {
    const { tenantId, sessionId } = owner;
    if (await hasWorkspaceStart(dataDir, tenantId, sessionId)) return;
    const folder = createDataLayout(dataDir).sandboxDir(tenantId, sessionId);
    const notedAt = clock.now();
    const isThere = await lstat(join(folder, '.')).then(
      () => true,
      () => false,
    );
    if (!isThere) {
      // The usual way, and nobody has to wait for it.
      const written = write(owner, { notedAt, isWhole: true, entries: {} })
        .catch(warn(owner))
        .finally(() => writing.delete(written));
      writing.add(written);
      return;
    }
    const files = createFolderFiles({ dataDir, owner, user, givesAway });
    await write(owner, { notedAt, ...(await takeStock(files, AbortSignal.timeout(boundMs))) });
  }

  const warn = (owner: WorkspaceOwner) => (fault: unknown) =>
    logger.warn('What a workspace was at the start was not noted.', { ...owner, error: messageOf(fault) });

  return {
    note: (owner) => note(owner).catch(warn(owner)),
    async ended() {
      await Promise.all(writing);
    },
  };
}

async function takeStock(files: FileTree, signal: AbortSignal): Promise<Pick<WorkspaceStart, 'entries' | 'isWhole'>> {
  const { entries, hasMore } = await files.scan(0, mostEntries, signal);
  const noted: Record<string, NotedEntry> = {};
  let left = mostTextBytes;
  for (const { path, ...facts } of entries) {
    const isShort = facts.type === 'file' && facts.sizeBytes <= Math.min(mostTextOfOne, left);
    const text = isShort && !signal.aborted ? await readText(files, path, mostTextOfOne, signal) : undefined;
    left -= text === undefined ? 0 : facts.sizeBytes;
    noted[path] = { ...facts, ...(text !== undefined && { text }) };
  }
  return { entries: noted, isWhole: !hasMore };
}
