import { stat } from 'node:fs/promises';
import type { SessionSummary } from '../contract/chat.ts';
import type { SessionKey } from '../contract/ids.ts';
import { probeWritable } from '../data/write-probe.ts';
import { messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AppendFiles } from './append-log.ts';
import { createDocumentMethods } from './document-methods.ts';
import { fileNumber } from './file-number.ts';
import { createFreshSessions } from './fresh-sessions.ts';
import { createHistoryMethods } from './history-methods.ts';
import { createSessionAccess, sessionNotFound } from './session-access.ts';
import { exportSession } from './session-export.ts';
import type { SessionFolder } from './session-folder.ts';
import { initLine, type SessionState, turnLine } from './session-state.ts';
import type { AgentrailSessionStore, BegunSession, SessionInit } from './store.ts';
import { createTraceWriter } from './trace-writer.ts';

/** When bytes are forced to the disk: at every message and turn, at every line, or whenever the system likes. */
export type FsyncPolicy = 'turn' | 'always' | 'none';

export interface FileSessionStoreOptions {
  /** Absolute, and there already. It is never made here: a vanished disk must not come back as an empty one. */
  dataDir: string;
  logger: Logger;
  clock: Clock;
  /** Default `turn`. With `none`, a power cut may take the latest messages; the end of the process takes nothing. */
  fsync?: FsyncPolicy;
  /**
   * Sessions whose files stay open between calls, three each at most. Fewer than run at once means opening and reading
   * them anew at each step. Default 256.
   */
  maxOpenSessions?: number;
  /** For tests that count or break file operations. */
  files?: AppendFiles;
}

/** Keeps sessions as files below `{dataDir}/tenants`. One instance per data directory: hold its lock. */
export function createFileSessionStore(options: FileSessionStoreOptions): AgentrailSessionStore {
  const { dataDir, clock, fsync = 'turn', maxOpenSessions = 256, files } = options;
  const logger = options.logger.child({ component: 'sessions' });
  const access = createSessionAccess({ dataDir, logger, maxOpenSessions, files });
  const { index, inOwn, inAny, guarded } = access;
  const documents = createDocumentMethods(access);
  const traces = createTraceWriter({ clock, logger, write: writeTrace });
  const fresh = createFreshSessions();

  /** `onNew` is called when there is none and it may be made. */
  async function getOrCreate(
    key: SessionKey,
    folder: SessionFolder,
    init: SessionInit,
    onNew?: () => void,
  ): Promise<SessionSummary> {
    let state = await folder.state();
    if (state?.isDeleted) {
      await access.discard(folder);
      state = undefined;
    }
    if (state?.summary !== undefined) return (await access.own(key, folder)).summary;
    if (await folder.hasMessages()) {
      logger.error('session with messages but no readable first line: its owner is unknown', { ...key });
      throw sessionNotFound();
    }
    onNew?.();
    return (await access.create(folder, initLine(key, init, clock.now()))).summary;
  }

  function begin(key: SessionKey, init: SessionInit): Promise<BegunSession> {
    const { promise, resolve, reject } = Promise.withResolvers<BegunSession>();
    const onNew = () => {
      fresh.add(key, stored);
      resolve({ isNew: true, stored });
    };
    const made = inAny(key, (folder) => getOrCreate(key, folder, init, onNew));
    const stored = made.then(() => undefined);
    stored.then(() => resolve({ isNew: false, stored }), reject);
    return promise;
  }

  function kept({ summary, stopReason }: SessionState, folder: SessionFolder): SessionSummary {
    if (summary === undefined) throw sessionNotFound();
    index.write(summary, { stopReason, sizes: { state: folder.stateBytes() } });
    return summary;
  }

  function writeTrace(key: SessionKey, lines: string[]): Promise<void> {
    // Also while closing: what was told before is written.
    return access.inFlight(key, async ({ folder, own: { summary, stopReason } }) => {
      await folder.prepareTrace();
      const { end } = await folder.trace.append(lines, fsync === 'always');
      index.write(summary, { stopReason, sizes: { trace: end } });
    });
  }

  return {
    ...createHistoryMethods(access, clock),
    ...documents,
    async readTrace(key, page) {
      await traces.flush(key);
      return documents.readTrace(key, page);
    },
    readMemory: async (key, name) => (fresh.has(key) ? '' : documents.readMemory(key, name)),
    async writeMemory(key, name, content) {
      fresh.delete(key);
      return documents.writeMemory(key, name, content);
    },
    getOrCreate: (key, init) => inAny(key, (folder) => getOrCreate(key, folder, init)),
    begin,
    async get(key) {
      const { summary, stopReason } = await inOwn(key, async ({ own }) => own);
      const row = await guarded(() => index.row(key.tenantId, key.sessionId));
      return {
        ...summary,
        ...(stopReason !== undefined && { lastStopReason: stopReason }),
        ...(row?.sizeBytes !== undefined && { sizeBytes: row.sizeBytes }),
      };
    },
    list: (query) => guarded(() => index.list({ ...query, limit: Math.min(200, Math.max(1, query.limit)) })),
    totals: (tenantId) => guarded(() => index.totals(tenantId)),
    allTotals: () => guarded(() => index.allTotals()),
    addFiles: (key, write) =>
      inOwn(key, async ({ own: { summary, stopReason } }) => {
        index.write(summary, { stopReason, sizes: { extra: await write() } });
      }),
    async whileClosed(key, work) {
      await traces.flush(key);
      await inAny(key, async (folder) => {
        await folder.close();
        await work();
      });
    },
    refresh: (tenantId) => guarded(() => index.refresh(tenantId)),
    async scrub(tenantId) {
      await access.settled();
      await guarded(() => index.scrub(tenantId));
    },
    loadMessages: (key) =>
      inOwn(key, async ({ folder }) => {
        const { messages, skippedLines, skippedAt } = await folder.loadMessages();
        if (skippedLines > 0) {
          const { tenantId, sessionId } = key;
          const where = { file: folder.layout.messagesFile, lines: skippedAt };
          logger.warn('unreadable messages skipped', { tenantId, sessionId, skippedLines, ...where });
        }
        return { messages, skippedLines };
      }),
    async appendMessages(key, messages) {
      // As they are now: the caller may change them while others are written.
      const lines = messages.map((message) => JSON.stringify(message));
      return inOwn(key, async ({ folder, own: { summary, stopReason } }) => {
        if (lines.length === 0) return;
        const { end, ino } = await folder.messages.append(lines, fsync !== 'none');
        index.write(summary, { stopReason, sizes: { messages: end, messagesFile: fileNumber(ino) } });
      });
    },
    recordTurn: (key, turn) =>
      inOwn(key, async ({ folder, own }) => {
        kept(await folder.appendState(turnLine(own.summary.turns, turn, clock.now()), fsync !== 'none'), folder);
      }),
    update: (key, change) =>
      inOwn(key, async ({ folder, own }) => {
        if (change.title === undefined) return own.summary;
        const line = { type: 'update', title: change.title, updatedAt: clock.now() } as const;
        return kept(await folder.appendState(line, fsync === 'always'), folder);
      }),
    async delete(key) {
      await traces.flush(key);
      return inOwn(key, async ({ folder }) => {
        const now = clock.now();
        // The mark counts when the folder cannot be moved. On a full disk only the move works, and is enough.
        await folder
          .appendState({ type: 'update', updatedAt: now, deletedAt: now }, fsync !== 'none')
          .catch((error: unknown) => logger.debug('deletion not marked', { reason: messageOf(error) }));
        index.remove(key.tenantId, key.sessionId);
        await access.discard(folder);
      });
    },
    trace(key, runId, event) {
      if (!access.isClosing()) traces.add(key, runId, event);
    },
    export: (key, format) => exportSession(access, key, format),
    ping: () =>
      guarded(async () => {
        await stat(access.base());
        await probeWritable(dataDir);
      }),
    close: () => access.close(() => traces.flush()),
  };
}
