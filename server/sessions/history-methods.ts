import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { SessionKey } from '../contract/ids.ts';
import type { Message } from '../contract/messages.ts';
import { makeFoldersBelow } from '../data/folders.ts';
import { sessionLayout } from '../data/layout.ts';
import { errnoOf } from '../data/storage-error.ts';
import { temporaryName } from '../data/temporary-name.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { closeFiles, openArchive, openWholeHistory, readEntries, readHistory } from './archives.ts';
import { readBudget } from './budgeted-history.ts';
import { compactFolder, cutHistory } from './compaction.ts';
import { folderBytes } from './index/read-session.ts';
import type { SessionSizes } from './index/tables.ts';
import type { OwnFolder, OwnSession, SessionAccess } from './session-access.ts';
import { createSessionFolder, type SessionFolder } from './session-folder.ts';
import { initLine } from './session-state.ts';
import type { AgentrailSessionStore } from './store.ts';

type HistoryMethods = Pick<
  AgentrailSessionStore,
  'loadMessagesWithBudget' | 'loadHistory' | 'loadAllMessages' | 'compact' | 'loadArchive' | 'fork'
>;

type ForkRequest = Omit<Parameters<AgentrailSessionStore['fork']>[1], 'sessionId'>;

/** A session that is made and not in its place yet. */
interface Staged {
  dir: string;
  sizes: Partial<SessionSizes>;
}

/** Reading a history otherwise than whole, and changing it otherwise than by appending. */
export function createHistoryMethods(access: SessionAccess, clock: Clock): HistoryMethods {
  const { inOwn, index } = access;

  /** Copies a session under a name of no session. While its files cannot change: not between two of them either. */
  async function stage({ folder, own }: OwnFolder, key: SessionKey, request: ForkRequest): Promise<Staged> {
    const { older } = await cutHistory(folder, request.messageCount, 'invalid_fork');
    const beside = path.dirname(access.layout.session(key.tenantId, key.sessionId).dir);
    const staged = createSessionFolder(sessionLayout(path.join(beside, temporaryName(key.sessionId))));
    const { dir, compactionsDir, toolResultsDir } = staged.layout;
    try {
      await makeFoldersBelow(access.base(), dir);
      await copyFolder(folder.layout.compactionsDir, compactionsDir);
      await copyFolder(folder.layout.toolResultsDir, toolResultsDir);
      const written = await staged.replaceMessages(Buffer.concat(older));
      const extra = (await folderBytes(compactionsDir)) + (await folderBytes(toolResultsDir));
      const init = { agentId: own.summary.agentId, title: request.title ?? own.summary.title };
      const line = { ...initLine(key, init, clock.now()), forkedFrom: own.summary.sessionId };
      await staged.create(line, access.base());
      return { dir, sizes: { ...written, extra } };
    } catch (error) {
      await discardStaged(dir);
      throw error;
    } finally {
      await staged.close();
    }
  }

  /** Moves it to its place: a kill leaves all of it or nothing under its id. */
  async function place({ dir, sizes }: Staged, folder: SessionFolder): Promise<OwnSession> {
    await refuseTaken(folder);
    // What is not a session may lie there, for instance files that came with a message that was refused.
    await access.discard(folder);
    const own = await access.adopt(folder, dir);
    index.write(own.summary, { stopReason: undefined, sizes });
    return own;
  }

  return {
    loadMessagesWithBudget: (key, tokenBudget) =>
      inOwn(key, async ({ folder }) => {
        const file = await folder.openMessages();
        if (file === undefined) return { messages: [], tokens: 0, isCut: false, skippedLines: 0 };
        await using handle = file.handle;
        return await readBudget(handle, file.end, tokenBudget);
      }),
    loadHistory: (key) =>
      inOwn(key, async ({ folder }) => {
        const file = await folder.openMessages();
        if (file === undefined) return { entries: [], skippedLines: 0 };
        await using _ = file.handle;
        return await readHistory(file);
      }),
    async loadAllMessages(key) {
      const files = await inOwn(key, ({ folder }) => openWholeHistory(folder));
      try {
        const messages: Message[] = [];
        let skippedLines = 0;
        for (const [at, file] of files.entries()) {
          for await (const entry of readEntries(file)) {
            if (entry === undefined) skippedLines += 1;
            else if ('role' in entry) messages.push(entry);
            else if (at === 0) messages.push({ role: 'user', content: entry.summary, timestamp: entry.timestamp });
          }
        }
        return { messages, skippedLines };
      } finally {
        await closeFiles(files);
      }
    },
    compact: (key, request) =>
      inOwn(key, async ({ folder, own }) => {
        const done = await compactFolder(folder, request, clock.now());
        const { messages, messagesFile } = done.written;
        index.rewritten(key.tenantId, key.sessionId, messages, messagesFile);
        index.write(own.summary, { stopReason: own.stopReason, sizes: { extra: done.archiveBytes } });
        return { archiveId: done.archiveId, compressedCount: done.compressedCount };
      }),
    loadArchive: (key, archiveId) =>
      inOwn(key, async ({ folder }) => {
        const file = await openArchive(folder.layout, archiveId);
        await using _ = file.handle;
        return await readHistory(file);
      }),
    async fork(key, { sessionId, ...request }) {
      if (sessionId === key.sessionId) throw sessionExists();
      const target = { ...key, sessionId };
      await access.inAny(target, refuseTaken);
      const staged = await inOwn(key, (source) => stage(source, target, request));
      try {
        return (await access.inAny(target, (folder) => place(staged, folder))).summary;
      } finally {
        await discardStaged(staged.dir);
      }
    },
  };
}

async function refuseTaken(folder: SessionFolder): Promise<void> {
  if ((await folder.state()) !== undefined || (await folder.hasMessages())) throw sessionExists();
}

/** Nothing is there when it was moved to its place. What cannot be removed now goes at the next start. */
async function discardStaged(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true }).catch(() => undefined);
}

/** Files of a folder that only ever gets whole files; none when it is not there. */
async function copyFolder(from: string, to: string): Promise<void> {
  for (const name of await filesIn(from)) {
    await mkdir(to, { mode: 0o700, recursive: true });
    await copyFile(path.join(from, name), path.join(to, name));
  }
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function sessionExists(): AppError {
  return new AppError('session_exists', 'There is a session with this id already. Choose another id.', { status: 409 });
}
