import { chmod, type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFoldersBelow } from '../data/folders.ts';
import type { Clock } from '../lib/clock.ts';
import { createSerialQueue } from '../lib/serial-queue.ts';
import { dayOf, type LogFile, listLogFiles, logFile } from './log-files.ts';

/** A file is closed and the next one begun when this size is reached. */
export const maxFileBytes = 16_777_216;
const maxQueueBytes = 16_777_216;
const batchBytes = 1_048_576;
const maxRetryMs = 5000;
const dayMs = 86_400_000;

export interface LogWriterOptions {
  /** Lines go to `logs` in it. It is waited for, not made. */
  dataDir: string;
  clock: Clock;
  /** Called when the disk takes lines again, with how many were lost meanwhile; must not throw. */
  onRecovered(droppedLines: number, reason: string): void;
  maxQueueBytes?: number;
  maxFileBytes?: number;
}

interface QueuedLine {
  seq: number;
  time: number;
  bytes: Buffer;
}

/** Writes lines to the newest log file, in order, behind the caller's back. */
export interface LogWriter {
  /** Never blocks, never throws; a line over the bounded queue is dropped and counted. */
  append(seq: number, time: number, text: string): void;
  /** Resolves true when everything appended so far reached the file, false when the disk refused it. */
  flush(): Promise<boolean>;
  /** Sequence number of the newest line on the disk; 0 before the first one. */
  keptSeq(): number;
  /** Calls `work` between two writes, while no file is open: files may be replaced then. Rejects as `work` does. */
  whileClosed(work: () => Promise<void>): Promise<void>;
  /** One last attempt, then the file is closed. */
  close(): Promise<void>;
}

interface OpenFile {
  file: LogFile;
  handle: FileHandle;
  size: number;
}

export function createLogWriter(options: LogWriterOptions): LogWriter {
  const limit = options.maxQueueBytes ?? maxQueueBytes;
  const fileLimit = options.maxFileBytes ?? maxFileBytes;
  const dir = join(options.dataDir, 'logs');
  const stop = new AbortController();
  const oneByOne = createSerialQueue();
  let queue: QueuedLine[] = [];
  let queuedBytes = 0;
  let dropped = 0;
  let current: OpenFile | undefined;
  let lastFault: string | undefined;
  let retryMs = 0;
  let running: Promise<void> | undefined;
  /** Lines taken and lines on disk since the start: a flush waits for what came before it, not for what comes after. */
  let taken = 0;
  let kept = 0;
  let keptSeq = 0;
  let waiting: { upTo: number; resolve: (written: boolean) => void }[] = [];

  function append(seq: number, time: number, text: string): void {
    if (stop.signal.aborted) return;
    const bytes = Buffer.from(`${text}\n`);
    if (queuedBytes + bytes.length > limit) {
      dropped++;
      return;
    }
    queue.push({ seq, time, bytes });
    queuedBytes += bytes.length;
    taken++;
    running ??= drain();
  }

  async function drain(): Promise<void> {
    // Lines of one tick share a write.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (queue.length > 0) {
      const isWritten = await writeBatch();
      if (isWritten) continue;
      giveUp();
      retryMs = Math.min(maxRetryMs, Math.max(250, retryMs * 2));
      await options.clock.sleep(retryMs, stop.signal).catch(() => undefined);
      if (stop.signal.aborted) break;
    }
    running = undefined;
  }

  function tellKept(): void {
    for (const { upTo, resolve } of waiting) if (upTo <= kept) resolve(true);
    waiting = waiting.filter(({ upTo }) => upTo > kept);
  }

  function giveUp(): void {
    for (const { resolve } of waiting) resolve(false);
    waiting = [];
  }

  function writeBatch(): Promise<boolean> {
    return oneByOne(writeNow);
  }

  function whileClosed(work: () => Promise<void>): Promise<void> {
    return oneByOne(async () => {
      await current?.handle.close().catch(() => undefined);
      current = undefined;
      await work();
    });
  }

  async function writeNow(): Promise<boolean> {
    try {
      const target = await openFor(queue[0]?.time ?? options.clock.now());
      const batch = takeBatch(target);
      const bytes = Buffer.concat(batch.map((line) => line.bytes));
      await writeWhole(target, bytes);
      queue = queue.slice(batch.length);
      queuedBytes -= bytes.length;
      kept += batch.length;
      keptSeq = batch.at(-1)?.seq ?? keptSeq;
      tellKept();
      recovered();
      return true;
    } catch (error) {
      lastFault = error instanceof Error && 'code' in error ? String(error.code) : 'write failed';
      await current?.handle.close().catch(() => undefined);
      current = undefined;
      return false;
    }
  }

  function recovered(): void {
    retryMs = 0;
    if (dropped === 0 && lastFault === undefined) return;
    const lost = dropped;
    const reason = lastFault ?? 'queue full';
    dropped = 0;
    lastFault = undefined;
    options.onRecovered(lost, reason);
  }

  /** The lines that belong to this file, at least one. */
  function takeBatch({ file, size }: OpenFile): QueuedLine[] {
    let bytes = 0;
    const nextDay = Date.parse(file.day) + dayMs;
    const end = queue.findIndex((line, index) => {
      const isFull = bytes + line.bytes.length > Math.min(batchBytes, fileLimit - size);
      bytes += line.bytes.length;
      return index > 0 && (isFull || line.time >= nextDay);
    });
    return queue.slice(0, end === -1 ? undefined : end);
  }

  /** The open file when the day and its size allow, else the next. A clock set back stays in the newest file. */
  async function openFor(time: number): Promise<OpenFile> {
    if (current && dayOf(time) <= current.file.day && current.size < fileLimit && (await isThere(current)))
      return current;
    await current?.handle.close();
    current = undefined;
    await makeFoldersBelow(options.dataDir, dir);
    const newest = listLogFiles(dir).at(-1);
    const isNewDay = newest === undefined || newest.day < dayOf(time);
    let file = isNewDay ? logFile(dir, dayOf(time), 1) : newest;
    let opened = await openFile(file);
    if (opened.size >= fileLimit) {
      await opened.handle.close();
      file = logFile(dir, file.day, file.number + 1);
      opened = await openFile(file);
    }
    current = opened;
    return opened;
  }

  function flush(): Promise<boolean> {
    if (kept === taken) return Promise.resolve(true);
    if (lastFault !== undefined) return Promise.resolve(false);
    return new Promise((resolve) => waiting.push({ upTo: taken, resolve }));
  }

  async function close(): Promise<void> {
    if (stop.signal.aborted) return;
    await flush();
    stop.abort();
    await running;
    while (queue.length > 0 && (await writeBatch()));
    await current?.handle.close().catch(() => undefined);
    current = undefined;
  }

  return { append, flush, keptSeq: () => keptSeq, whileClosed, close };
}

/** Opens for appending, only for the owner; a line that a crash left half written is ended first. */
async function openFile(file: LogFile): Promise<OpenFile> {
  const handle = await open(file.path, 'a+', 0o600);
  try {
    const { size, mode } = await handle.stat();
    if ((mode & 0o077) !== 0) await chmod(file.path, 0o600);
    if (size === 0) return { file, handle, size };
    const last = Buffer.alloc(1);
    await handle.read(last, 0, 1, size - 1);
    if (last[0] === 0x0a) return { file, handle, size };
    await handle.write('\n');
    return { file, handle, size: size + 1 };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** False once somebody removed the file: what is written then would be lost. */
async function isThere({ handle }: OpenFile): Promise<boolean> {
  return (await handle.stat()).nlink > 0;
}

/** All bytes or, as far as the disk lets us, none: a batch that is tried again must not be there twice. */
async function writeWhole(target: OpenFile, bytes: Buffer): Promise<void> {
  let done = 0;
  try {
    while (done < bytes.length) done += (await target.handle.write(bytes, done)).bytesWritten;
    target.size += bytes.length;
  } catch (error) {
    if (done > 0) await target.handle.truncate(target.size).catch(() => undefined);
    throw error;
  }
}
