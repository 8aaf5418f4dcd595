import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Message } from '../contract/messages.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { makeFoldersBelow, syncFolder } from '../data/folders.ts';
import type { SessionLayout } from '../data/layout.ts';
import { errnoOf } from '../data/storage-error.ts';
import { type AppendFiles, type AppendLog, createAppendLog, diskFiles } from './append-log.ts';
import { fileNumber } from './file-number.ts';
import { readLines } from './jsonl.ts';
import { parseMessage } from './message-line.ts';
import { applyLine, emptyState, type SessionState, type StateLine } from './session-state.ts';

/** Folders of deleted sessions carry this prefix until they are removed; no id starts with a dot. */
export const trashPrefix = '.trash-';

/** Of lines that could not be read, this many are named. */
const mostSkippedAt = 20;

/** How large messages.jsonl is, and the number that the file system gave it. */
export interface MessagesFile {
  messages: number;
  messagesFile: number;
}

/** One session's files. Knows nothing of owners. Calls must not overlap; faults are the disk's own errors. */
export interface SessionFolder {
  readonly layout: SessionLayout;
  readonly messages: AppendLog;
  readonly trace: AppendLog;
  /** The state in session.jsonl, or undefined when there is no such file. Reads it again only when it changed. */
  state(): Promise<SessionState | undefined>;
  /** Makes the folder and its session.jsonl with one line. Never makes `base`, which lies above: throws ENOENT then. */
  create(line: StateLine, base: string): Promise<SessionState>;
  /** Takes the place of nothing: moves a finished session's folder here. */
  adopt(from: string): Promise<SessionState>;
  appendState(line: StateLine, sync: boolean): Promise<SessionState>;
  /** Bytes of session.jsonl that the state was read from. */
  stateBytes(): number;
  /** `skippedAt` holds the numbers of the first lines that could not be read, counted from 1. */
  loadMessages(): Promise<{ messages: Message[]; skippedLines: number; skippedAt: number[] }>;
  hasMessages(): Promise<boolean>;
  /** messages.jsonl opened for reading with the end of what is acknowledged in it; undefined when there is none. */
  openMessages(): Promise<{ handle: FileHandle; end: number } | undefined>;
  /** Replaces messages.jsonl whole. */
  replaceMessages(content: Buffer): Promise<MessagesFile>;
  prepareTrace(): Promise<void>;
  /** Takes the folder out of sight and returns where it lies now; undefined when it was gone already. */
  moveToTrash(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** `syncParent` makes the folder's own name survive a power cut. */
export function createSessionFolder(
  layout: SessionLayout,
  files: AppendFiles = diskFiles,
  syncParent: (dir: string) => Promise<void> = syncFolder,
): SessionFolder {
  const stateLog = createAppendLog(layout.stateFile, files);
  const messages = createAppendLog(layout.messagesFile, files);
  const trace = createAppendLog(layout.traceFile, files);
  /** The replayed state and what the file looked like then. */
  let replayed: { state: SessionState; ino: bigint; size: number } | undefined;

  let hasTraceDir = false;

  async function state(): Promise<SessionState | undefined> {
    const now = await statOrMissing(layout.stateFile);
    if (now === undefined) {
      replayed = undefined;
      return undefined;
    }
    const end = stateLog.readableEnd() ?? Number(now.size);
    if (replayed?.ino !== now.ino || replayed.size !== end) {
      replayed = { state: await replay(layout.stateFile, end), ino: now.ino, size: end };
    }
    return replayed.state;
  }

  async function appendState(line: StateLine, sync: boolean): Promise<SessionState> {
    const text = JSON.stringify(line);
    const before = (await state()) ?? emptyState();
    const position = await stateLog.append([text], sync);
    const after = applyLine(before, Buffer.from(text));
    replayed = { state: after, ino: position.ino, size: position.end };
    return after;
  }

  async function create(line: StateLine, base: string): Promise<SessionState> {
    await makeFoldersBelow(base, layout.dir);
    await stateLog.close();
    const text = JSON.stringify(line);
    try {
      await makeFiles(text);
    } catch (error) {
      // Nothing may be taken for synced that is not.
      await close();
      throw error;
    }
    const written = await statOrMissing(layout.stateFile);
    if (written === undefined) return emptyState();
    const made = applyLine(emptyState(), Buffer.from(text));
    replayed = { state: made, ino: written.ino, size: Buffer.byteLength(text) + 1 };
    return Number(written.size) === replayed.size ? made : ((await state()) ?? emptyState());
  }

  /** The session is there with its first line. One that is without messages is whole. */
  async function makeFiles(text: string): Promise<void> {
    await stateLog.make([text], true);
    try {
      await messages.reserve(true);
      await syncFolder(layout.dir);
      await syncParent(path.dirname(layout.dir));
    } catch (error) {
      // Whoever asked is told that there is no session: one that is there all the same would be in no list.
      await rm(layout.stateFile, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  async function adopt(from: string): Promise<SessionState> {
    await close();
    await rename(from, layout.dir);
    await syncFolder(path.dirname(layout.dir));
    return (await state()) ?? emptyState();
  }

  async function openMessages(): Promise<{ handle: FileHandle; end: number } | undefined> {
    if ((await statOrMissing(layout.messagesFile)) === undefined) return undefined;
    const handle = await files.open(layout.messagesFile, 'r');
    return { handle, end: messages.readableEnd() ?? (await handle.stat()).size };
  }

  async function loadMessages(): ReturnType<SessionFolder['loadMessages']> {
    const loaded = { messages: [] as Message[], skippedLines: 0, skippedAt: [] as number[] };
    const opened = await openMessages();
    if (opened === undefined) return loaded;
    await using handle = opened.handle;
    let lineNumber = 0;
    for await (const { line } of readLines(handle, opened.end)) {
      lineNumber += 1;
      if (line.length === 0) continue;
      const message = parseMessage(line);
      if (message !== undefined) loaded.messages.push(message);
      else {
        loaded.skippedLines += 1;
        if (loaded.skippedAt.length < mostSkippedAt) loaded.skippedAt.push(lineNumber);
      }
    }
    return loaded;
  }

  async function replaceMessages(content: Buffer): Promise<MessagesFile> {
    await messages.close();
    await atomicWriteFile(layout.messagesFile, content);
    const { ino } = await stat(layout.messagesFile);
    return { messages: content.length, messagesFile: fileNumber(ino) };
  }

  /** Once: should the folder go away later, the append tells. */
  async function prepareTrace(): Promise<void> {
    if (hasTraceDir) return;
    await makeFoldersBelow(layout.dir, layout.traceDir);
    hasTraceDir = true;
  }

  async function moveToTrash(): Promise<string | undefined> {
    await close();
    const trash = path.join(path.dirname(layout.dir), `${trashPrefix}${randomUUID()}`);
    try {
      await rename(layout.dir, trash);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
    await syncFolder(path.dirname(layout.dir));
    return trash;
  }

  async function close(): Promise<void> {
    replayed = undefined;
    hasTraceDir = false;
    await Promise.all([stateLog.close(), messages.close(), trace.close()]);
  }

  return {
    layout,
    messages,
    trace,
    state,
    create,
    adopt,
    appendState,
    stateBytes: () => replayed?.size ?? 0,
    loadMessages,
    hasMessages: async () => ((await statOrMissing(layout.messagesFile))?.size ?? 0n) > 0n,
    openMessages,
    replaceMessages,
    prepareTrace,
    moveToTrash,
    close,
  };
}

/** Reads the first `end` bytes of a session.jsonl, line by line. */
export async function replay(file: string, end?: number): Promise<SessionState> {
  await using handle = await open(file, 'r');
  let state = emptyState();
  for await (const { line } of readLines(handle, end ?? (await handle.stat()).size)) {
    if (line.length > 0) state = applyLine(state, line);
  }
  return state;
}

async function statOrMissing(file: string): Promise<{ ino: bigint; size: bigint } | undefined> {
  return statSync(file, { bigint: true, throwIfNoEntry: false });
}
