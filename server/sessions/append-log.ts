import { type BigIntStats, statSync } from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../data/folders.ts';
import { storageUnavailable } from '../data/storage-error.ts';
import { parseObject, readTail } from './jsonl.ts';

/** What of the file system an append log uses; tests count and break it. */
export interface AppendFiles extends Pick<typeof fs, 'open' | 'truncate'> {
  stat(file: string, options: { bigint: true }): Promise<BigIntStats>;
}

/**
 * The disk itself. A look at a file that was just written is answered from the kernel's memory: it takes microseconds
 * here, and twenty times that through a worker thread.
 */
export const diskFiles: AppendFiles = {
  open: fs.open,
  truncate: fs.truncate,
  stat: async (file, options) => statSync(file, options),
};

/**
 * One append-only JSONL file. Calls must not overlap. After a failed append the file ends where the last acknowledged
 * one ended: at once when the disk allows, else before the next append.
 */
export interface AppendLog {
  /** Writes whole lines; resolves when they are in the file (and on the disk, with `sync`). Throws the disk's error. */
  append(lines: string[], sync: boolean): Promise<Position>;
  /** Where acknowledged bytes end, when a failed append may have left more behind; else undefined. */
  readableEnd(): number | undefined;
  close(): Promise<void>;
}

/** Which file it is and how many bytes of it are acknowledged. */
export interface Position {
  dev: bigint;
  ino: bigint;
  end: number;
}

export function createAppendLog(file: string, files: AppendFiles = diskFiles): AppendLog {
  let handle: FileHandle | undefined;
  /** Outlives the handle, so that the rest of a failed append is found when the disk is back. */
  let acknowledged: Position | undefined;
  let hasFailed = false;

  async function open(): Promise<{ handle: FileHandle; position: Position }> {
    if (handle !== undefined && acknowledged !== undefined) return { handle, position: acknowledged };
    const opened = await files.open(file, 'a+', 0o600);
    try {
      const position = await findEnd(opened);
      handle = opened;
      acknowledged = position;
      hasFailed = false;
      return { handle, position };
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  async function findEnd(opened: FileHandle): Promise<Position> {
    const { dev, ino, size } = await opened.stat({ bigint: true });
    let end = Number(size);
    if (hasFailed && acknowledged !== undefined && isSame(acknowledged, { dev, ino }) && acknowledged.end < end) {
      end = acknowledged.end;
      await files.truncate(file, end);
    }
    return { dev, ino, end: await mendTail(opened, end) };
  }

  /** A half-written last line is cut; a whole one that only lacks its newline gets it. */
  async function mendTail(opened: FileHandle, end: number): Promise<number> {
    const tail = await readTail(opened, end);
    if (tail.length === 0) return end;
    if (parseObject(tail) !== undefined) {
      await writeAll(opened, Buffer.from('\n'));
      return end + 1;
    }
    await files.truncate(file, end - tail.length);
    return end - tail.length;
  }

  async function append(lines: string[], sync: boolean): Promise<Position> {
    const { handle: target, position } = await open();
    const data = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    try {
      await writeAll(target, data);
      if (sync) await target.datasync();
      if (sync && position.end === 0) await syncFolder(path.dirname(file));
      const end = position.end + data.length;
      const size = await checkInPlace(position);
      acknowledged = { ...position, end };
      if (size !== end) await forget();
      return { ...position, end };
    } catch (error) {
      hasFailed = true;
      await cutBack(position);
      throw error;
    }
  }

  /** A handle keeps writing into a file that was deleted or moved away: what goes there must not be acknowledged. */
  async function checkInPlace(position: Position): Promise<number> {
    const now = await files.stat(file, { bigint: true });
    if (!isSame(position, now)) throw storageUnavailable('missing');
    return Number(now.size);
  }

  /** Somebody else wrote: the end has to be found anew. */
  async function forget(): Promise<void> {
    acknowledged = undefined;
    await close();
  }

  async function cutBack(position: Position): Promise<void> {
    await close();
    try {
      if (isSame(position, await files.stat(file, { bigint: true }))) {
        await files.truncate(file, position.end);
        hasFailed = false;
      }
    } catch {
      // The disk still refuses. The next append cuts before it writes.
    }
  }

  async function close(): Promise<void> {
    const closing = handle;
    handle = undefined;
    try {
      await closing?.close();
    } catch {
      // Nothing is waiting in a handle: every append was written through. The descriptor is gone either way.
    }
  }

  return { append, readableEnd: () => (hasFailed ? acknowledged?.end : undefined), close };
}

function isSame(a: { dev: bigint; ino: bigint }, b: { dev: bigint; ino: bigint }): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

async function writeAll(handle: FileHandle, data: Buffer): Promise<void> {
  let offset = 0;
  while (offset < data.length) {
    const { bytesWritten } = await handle.write(data, offset, data.length - offset, null);
    offset += bytesWritten;
  }
}
