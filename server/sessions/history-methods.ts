import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { SessionKey } from '../contract/ids.ts';
import type { Message } from '../contract/messages.ts';
import { makeFoldersBelow } from '../data/folders.ts';
import { type SessionLayout, sessionLayout } from '../data/layout.ts';
import { errnoOf } from '../data/storage-error.ts';
import { temporaryName } from '../data/temporary-name.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { closeFiles, openArchive, openWholeHistory, readEntries, readHistory } from './archives.ts';
import { readBudget } from './budgeted-history.ts';
import { compactFolder, cutHistory } from './compaction.ts';
import { folderBytes } from './index/read-session.ts';
import type { OwnSession, SessionAccess } from './session-access.ts';
import { createSessionFolder } from './session-folder.ts';
import { initLine } from './session-state.ts';
import type { AgentrailSessionStore, SessionInit } from './store.ts';

type HistoryMethods = Pick<
  AgentrailSessionStore,
  'loadMessagesWithBudget' | 'loadHistory' | 'loadAllMessages' | 'compact' | 'loadArchive' | 'fork'
>;

/** What of a session goes into its copy. */
interface ForkSource {
  sessionId: string;
  layout: SessionLayout;
  lines: Buffer[];
  init: SessionInit;
}

/** Reading a history otherwise than whole, and changing it otherwise than by appending. */
export function createHistoryMethods(access: SessionAccess, clock: Clock): HistoryMethods {
  const { inOwn, index } = access;

  /** The copy is made beside its place and moved there whole: a kill leaves all of it or nothing under its id. */
  async function copyInto(source: ForkSource, key: SessionKey): Promise<OwnSession> {
    return access.inAny(key, async (folder) => {
      if ((await folder.state()) !== undefined || (await folder.hasMessages())) throw sessionExists();
      const { dir } = folder.layout;
      const staged = createSessionFolder(sessionLayout(path.join(path.dirname(dir), temporaryName(key.sessionId))));
      try {
        await makeFoldersBelow(access.base(), staged.layout.dir);
        await copyFolder(source.layout.compactionsDir, staged.layout.compactionsDir);
        await copyFolder(source.layout.toolResultsDir, staged.layout.toolResultsDir);
        const written = await staged.replaceMessages(Buffer.concat(source.lines));
        const { compactionsDir, toolResultsDir } = staged.layout;
        const extra = (await folderBytes(compactionsDir)) + (await folderBytes(toolResultsDir));
        const line = { ...initLine(key, source.init, clock.now()), forkedFrom: source.sessionId };
        await staged.create(line, access.base());
        await staged.close();
        await access.discard(folder);
        const own = await access.adopt(folder, staged.layout.dir);
        index.write(own.summary, { stopReason: undefined, sizes: { ...written, extra } });
        return own;
      } finally {
        await staged.close();
        await rm(staged.layout.dir, { recursive: true, force: true }).catch(() => undefined);
      }
    });
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
    async fork(key, { sessionId, title, messageCount }) {
      if (sessionId === key.sessionId) throw sessionExists();
      const source = await inOwn(key, async ({ folder, own }) => ({
        sessionId: key.sessionId,
        layout: folder.layout,
        lines: (await cutHistory(folder, messageCount, 'invalid_fork')).older,
        init: { agentId: own.summary.agentId, title: title ?? own.summary.title },
      }));
      return (await copyInto(source, { ...key, sessionId })).summary;
    },
  };
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
