import { rm, stat } from 'node:fs/promises';
import type { SessionSummary } from '../contract/chat.ts';
import type { SessionKey } from '../contract/ids.ts';
import { checkId, createDataLayout, type DataLayout } from '../data/layout.ts';
import { createSharedSync } from '../data/shared-sync.ts';
import { errnoOf, type StorageFault, toStorageError } from '../data/storage-error.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AppendFiles } from './append-log.ts';
import { createSessionIndex, type SessionIndex } from './index/session-index.ts';
import { createKeyedQueue } from './keyed-queue.ts';
import { createSessionFolder, type SessionFolder } from './session-folder.ts';
import { createSessionFolders } from './session-folders.ts';
import type { SessionState, StateLine } from './session-state.ts';

/** What is known of a session that belongs to whoever asks. */
export interface OwnSession {
  summary: SessionSummary;
  stopReason: string | undefined;
}

export interface OwnFolder {
  folder: SessionFolder;
  own: OwnSession;
}

/**
 * The way to a session's files: one after the other per session, owners checked, open files bounded, faults of the disk
 * as `storage_unavailable`, deleted folders removed in the background.
 */
export interface SessionAccess {
  readonly layout: DataLayout;
  readonly index: SessionIndex;
  /** Hands over the folder of a session of this owner. Throws `session_not_found`. */
  inOwn<T>(key: SessionKey, work: (at: OwnFolder) => Promise<T>): Promise<T>;
  /** As `inOwn`, also after the store was told to close: for what was asked before. */
  inFlight<T>(key: SessionKey, work: (at: OwnFolder) => Promise<T>): Promise<T>;
  /** Hands over the folder under this key, whether a session is in it or not. */
  inAny<T>(key: SessionKey, work: (folder: SessionFolder) => Promise<T>): Promise<T>;
  /** What `inOwn` checks, for a folder from `inAny`. */
  own(key: SessionKey, folder: SessionFolder): Promise<OwnSession>;
  /** Writes the first line of a session that is not there yet. */
  create(folder: SessionFolder, line: StateLine): Promise<OwnSession>;
  /** Moves a finished session into its place, where nothing may be. */
  adopt(folder: SessionFolder, from: string): Promise<OwnSession>;
  /** A folder that has to be there; new ones are made below it. */
  base(): string;
  /** Takes the folder out of sight at once; its files go in the background. */
  discard(folder: SessionFolder): Promise<void>;
  /** For work that is of no one session. */
  guarded<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when deleted folders are off the disk. */
  settled(): Promise<void>;
  /** Refuses from now on what is not under way, lets `last` finish, and closes. Idempotent. */
  close(last: () => Promise<void>): Promise<void>;
  isClosing(): boolean;
}

export interface SessionAccessOptions {
  dataDir: string;
  logger: Logger;
  maxOpenSessions: number;
  files?: AppendFiles | undefined;
}

export function createSessionAccess(options: SessionAccessOptions): SessionAccess {
  const { dataDir, logger } = options;
  const layout = createDataLayout(dataDir);
  const queue = createKeyedQueue();
  const syncParent = createSharedSync();
  const folders = createSessionFolders(options.maxOpenSessions);
  const background = new Set<Promise<void>>();
  const index = createSessionIndex({
    layout,
    base: () => base,
    logger,
    inTurn: (tenantId, sessionId, work) => queue.run(placeOf(tenantId, sessionId), work),
    onTrash: (folder) => inBackground(() => removeTrash(folder)),
    onDeleted: (tenantId, sessionId) => inBackground(() => finishDeletion(tenantId, sessionId)),
  });
  let closing: Promise<void> | undefined;
  /** Once sessions were seen, their folder has to be there: an empty mount point is not an empty store. */
  let base = dataDir;

  function inFolder<T>(tenantId: string, sessionId: string, work: (folder: SessionFolder) => Promise<T>) {
    checkId(tenantId, 'tenant id');
    checkId(sessionId, 'session id');
    const id = placeOf(tenantId, sessionId);
    const make = (): SessionFolder =>
      createSessionFolder(layout.session(tenantId, sessionId), options.files, syncParent);
    return withFaults(() => queue.run(id, () => folders.use(id, make, work)));
  }

  async function inAny<T>(key: SessionKey, work: (folder: SessionFolder) => Promise<T>): Promise<T> {
    refuseWhenClosed();
    checkId(key.userId, 'user id');
    return inFolder(key.tenantId, key.sessionId, work);
  }

  async function inFlight<T>(key: SessionKey, work: (at: OwnFolder) => Promise<T>): Promise<T> {
    checkId(key.userId, 'user id');
    return inFolder(key.tenantId, key.sessionId, async (folder) => work({ folder, own: await own(key, folder) }));
  }

  async function withFaults<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const fault = toStorageError(error);
      if (fault instanceof AppError && fault.code === 'storage_unavailable') {
        // When the disk is back, it may hold something else; a full one is still the same.
        if (isDiskGone(fault)) index.clear();
        logger.error('storage unavailable', { reason: messageOf(error), ...detailsOf(fault) });
      }
      throw fault;
    }
  }

  function refuseWhenClosed(): void {
    if (closing !== undefined) throw new AppError('store_closed', 'The server is shutting down.', { status: 503 });
  }

  async function own(key: SessionKey, folder: SessionFolder): Promise<OwnSession> {
    const state = (await folder.state()) ?? (await lookAgain(folder));
    if (state !== undefined) base = layout.tenantsDir;
    if (state?.summary === undefined || state.isDeleted || !isOwn(state.summary, key)) {
      if (state?.summary === undefined) index.remove(key.tenantId, key.sessionId);
      throw sessionNotFound();
    }
    return { summary: state.summary, stopReason: state.stopReason };
  }

  /** A disk may have been away at the first look and be back at the second: only what is not there then is gone. */
  async function lookAgain(folder: SessionFolder): Promise<SessionState | undefined> {
    await stat(base);
    return folder.state();
  }

  async function create(folder: SessionFolder, line: StateLine): Promise<OwnSession> {
    return added(folder, await folder.create(line, base));
  }

  async function adopt(folder: SessionFolder, from: string): Promise<OwnSession> {
    const made = await folder.adopt(from);
    return added(folder, made.summary === undefined ? ((await lookAgain(folder)) ?? made) : made);
  }

  function added(folder: SessionFolder, { summary, stopReason }: SessionState): OwnSession {
    base = layout.tenantsDir;
    if (summary === undefined) throw new AppError('session_damaged', 'The new session could not be read back.');
    index.write(summary, { stopReason, sizes: { state: folder.stateBytes() }, isNew: true });
    return { summary, stopReason };
  }

  async function discard(folder: SessionFolder): Promise<void> {
    const trash = await folder.moveToTrash();
    if (trash !== undefined) inBackground(() => removeTrash(trash));
  }

  function removeTrash(trash: string): Promise<void> {
    return rm(trash, { recursive: true, force: true, maxRetries: 3 });
  }

  function finishDeletion(tenantId: string, sessionId: string): Promise<void> {
    return inFolder(tenantId, sessionId, async (folder) => {
      if ((await folder.state())?.isDeleted) await discard(folder);
    });
  }

  function inBackground(work: () => Promise<void>): void {
    const working: Promise<void> = work()
      .catch((error: unknown) => logger.warn('deleted session not fully removed yet', { reason: messageOf(error) }))
      .finally(() => background.delete(working));
    background.add(working);
  }

  async function settled(): Promise<void> {
    while (background.size > 0) await Promise.all(background);
  }

  async function closeAll(last: () => Promise<void>): Promise<void> {
    await last();
    await queue.idle();
    await settled();
    await folders.close();
    await index.close();
  }

  return {
    layout,
    index,
    inAny,
    own,
    create,
    adopt,
    discard,
    base: () => base,
    inFlight,
    async inOwn(key, work) {
      refuseWhenClosed();
      return inFlight(key, work);
    },
    async guarded(work) {
      refuseWhenClosed();
      return withFaults(work);
    },
    settled,
    isClosing: () => closing !== undefined,
    close(last) {
      closing ??= closeAll(last);
      return closing;
    },
  };
}

/** File systems that ignore case have one folder for both spellings. */
function placeOf(tenantId: string, sessionId: string): string {
  return `${tenantId}/${sessionId}`.toLowerCase();
}

function isOwn(summary: SessionSummary, key: SessionKey): boolean {
  return summary.sessionId === key.sessionId && summary.tenantId === key.tenantId && summary.userId === key.userId;
}

/** The same for a missing session and for one of somebody else: nobody learns which ids exist. */
export function sessionNotFound(): AppError {
  return new AppError('session_not_found', 'There is no such session. It may have been deleted.', { status: 404 });
}

function isDiskGone(fault: AppError): boolean {
  const kind = (fault.details as { fault?: StorageFault } | undefined)?.fault;
  return kind === 'missing' || kind === 'io_error';
}

function detailsOf(fault: AppError): Record<string, unknown> {
  return { ...(fault.details as Record<string, unknown> | undefined), errno: errnoOf(fault.cause) };
}
