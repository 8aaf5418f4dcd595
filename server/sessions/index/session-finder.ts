import { statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as otherWork } from 'node:timers/promises';
import { idPattern } from '../../contract/ids.ts';
import type { DataLayout, SessionLayout } from '../../data/layout.ts';
import { errnoOf } from '../../data/storage-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { trashPrefix } from '../session-folder.ts';
import { glance, readSession } from './read-session.ts';
import type { Glance, IndexedSession } from './tables.ts';

/** Faults of one file that say nothing about the disk: the other sessions are listed. */
const brokenAlone = new Set(['EACCES', 'EPERM', 'EISDIR', 'ELOOP']);

/** Finds the sessions of one tenant in its files. Faults are the disk's own errors. */
export interface SessionFinder {
  /** Ids of folders that may hold a session. */
  ids(): Promise<string[]>;
  glance(sessionId: string): Promise<Glance | undefined>;
  /** When its state was written last, in milliseconds since 1970; undefined when that cannot be told. Never waits. */
  lastWrittenAt(sessionId: string): number | undefined;
  /** Undefined when the folder holds no session that can be listed. */
  read(sessionId: string): Promise<IndexedSession | undefined>;
  layout(sessionId: string): SessionLayout;
}

export interface SessionFinderOptions {
  layout: DataLayout;
  tenantId: string;
  /** A folder without which nothing can be said: its absence means that the disk is gone. */
  base(): string;
  logger: Logger;
  /** Carries out work on a session's files when nobody is at them. Absent: at once. */
  inTurn?<T>(tenantId: string, sessionId: string, work: () => Promise<T>): Promise<T>;
  /** Told of what a crash left of deleted sessions: a folder that was moved away, or one that is only marked. */
  onTrash(folder: string): void;
  onDeleted(tenantId: string, sessionId: string): void;
}

export function createSessionFinder(options: SessionFinderOptions): SessionFinder {
  const { layout, tenantId, base, logger, inTurn = (_tenantId, _sessionId, work) => work() } = options;

  /** Faults of this one session are told and answered with undefined; those of the disk are thrown. */
  async function alone<T>(sessionId: string, work: () => Promise<T | undefined>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
      if (errno === undefined || !brokenAlone.has(errno)) throw error;
      logger.warn('session left out of the list: its file cannot be read', { tenantId, sessionId, errno });
      return undefined;
    }
  }

  return {
    async ids() {
      const folder = layout.sessionsDir(tenantId);
      const names = await namesIn(base(), folder);
      for (const name of names.filter((entry) => entry.startsWith(trashPrefix))) {
        options.onTrash(path.join(folder, name));
      }
      // A hundred thousand names take a while to come by and to be looked at.
      await otherWork();
      return names.filter((name) => idPattern.test(name));
    },
    glance: (sessionId) => alone(sessionId, () => glance(layout.session(tenantId, sessionId))),
    read: (sessionId) =>
      alone(sessionId, async () => {
        // Between two writes: half of one would be counted again when it is told.
        const found = await inTurn(tenantId, sessionId, () => readSession(layout.session(tenantId, sessionId)));
        if (found === undefined) return undefined;
        const { state, sizes } = found;
        const { summary, isDeleted, stopReason } = state;
        if (summary === undefined) logger.warn('session without a readable first line', { tenantId, sessionId });
        if (isDeleted) options.onDeleted(tenantId, sessionId);
        const isItself = summary?.sessionId === sessionId && summary.tenantId === tenantId;
        return isItself && !isDeleted ? { summary, stopReason, sizes } : undefined;
      }),
    lastWrittenAt(sessionId) {
      try {
        return statSync(layout.session(tenantId, sessionId).stateFile, { throwIfNoEntry: false })?.mtimeMs;
      } catch {
        // Reading it tells what is wrong with it.
        return undefined;
      }
    },
    layout: (sessionId) => layout.session(tenantId, sessionId),
  };
}

/** Names in a folder; none when the folder was never made. Throws ENOENT when `base` is gone. */
export async function namesIn(base: string, folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    await stat(base);
    return [];
  }
}
