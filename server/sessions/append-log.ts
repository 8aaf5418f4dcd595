import { type BigIntStats, constants, fstatSync, statSync } from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../data/folders.ts';
import { errnoOf, storageUnavailable } from '../data/storage-error.ts';
import { temporaryName } from '../data/temporary-name.ts';
import { parseObject, readTail } from './jsonl.ts';

/** What of the file system an append log uses; tests count and break it. */
export interface AppendFiles extends Pick<typeof fs, 'open' | 'truncate'> {
  stat(file: string, options: { bigint: true }): Promise<BigIntStats>;
  /**
   * A flag of `open` with which each write is on the disk when it returns, as after `datasync`: one trip to a worker
   * thread in the place of two. Zero or absent: there is none.
   */
  writeThrough?: number;
}

/**
 * The disk itself. A look at a file that was just written is answered from the kernel's memory: it takes microseconds
 * here, and twenty times that through a worker thread.
 */
export const diskFiles: AppendFiles = {
  open: fs.open,
  truncate: fs.truncate,
  stat: async (file, options) => statSync(file, options),
  // Elsewhere the flag is missing, or promises less than `datasync` does.
  ...(process.platform === 'linux' && { writeThrough: constants.O_DSYNC }),
};

const appending = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND;

/**
 * One append-only JSONL file. Calls must not overlap. After a failed append the file ends where the last acknowledged
 * one ended: at once when the disk allows, else before the next append.
 */
export interface AppendLog {
  /**
   * Makes the file with these lines, in the place of one that may be there, and keeps it open: a kill leaves all of it or
   * nothing. Whoever calls syncs the folder.
   */
  make(lines: string[], sync: boolean): Promise<void>;
  /** Makes an empty file and keeps it open, unless there is one. Whoever calls syncs the folder. */
  reserve(sync: boolean): Promise<void>;
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
  const { writeThrough = 0 } = files;
  let handle: FileHandle | undefined;
  /** Of the handle: nothing has to be synced after a write. */
  let isWrittenThrough = false;
  /** The file's name is on the disk, or is being brought there. */
  let isNamed = false;
  /** Outlives the handle, so that the rest of a failed append is found when the disk is back. */
  let acknowledged: Position | undefined;
  let hasFailed = false;

  async function open(sync: boolean): Promise<{ handle: FileHandle; position: Position }> {
    if (handle !== undefined && acknowledged !== undefined) return { handle, position: acknowledged };
    const opened = await files.open(file, appending | (sync ? writeThrough : 0), 0o600);
    try {
      return keep(opened, await findEnd(opened), sync);
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  function keep(opened: FileHandle, position: Position, sync: boolean): { handle: FileHandle; position: Position } {
    handle = opened;
    isWrittenThrough = sync && writeThrough !== 0;
    acknowledged = position;
    hasFailed = false;
    return { handle, position };
  }

  async function make(lines: string[], sync: boolean): Promise<void> {
    const temporary = path.join(path.dirname(file), temporaryName(path.basename(file)));
    const data = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    const opened = await openNew(temporary, sync);
    try {
      await writeAll(opened, data);
      if (sync && writeThrough === 0) await opened.datasync();
      await fs.rename(temporary, file);
      keepNew(opened, data.length, sync);
    } catch (error) {
      await opened.close();
      await fs.rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  async function reserve(sync: boolean): Promise<void> {
    try {
      keepNew(await openNew(file, sync), 0, sync);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }

  function openNew(name: string, sync: boolean): Promise<FileHandle> {
    return files.open(name, appending | constants.O_EXCL | (sync ? writeThrough : 0), 0o600);
  }

  function keepNew(opened: FileHandle, end: number, sync: boolean): void {
    const { dev, ino } = fstatSync(opened.fd, { bigint: true });
    keep(opened, { dev, ino, end }, sync);
    isNamed = true;
  }

  async function findEnd(opened: FileHandle): Promise<Position> {
    // Of an open file the kernel knows this without looking at the disk.
    const { dev, ino, size } = fstatSync(opened.fd, { bigint: true });
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
    const { handle: target, position } = await open(sync);
    const data = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    try {
      await writeAll(target, data);
      if (sync && !isWrittenThrough) await target.datasync();
      if (sync && position.end === 0 && !isNamed) await syncFolder(path.dirname(file));
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
    isNamed = false;
    try {
      await closing?.close();
    } catch {
      // Nothing is waiting in a handle: every append was written through. The descriptor is gone either way.
    }
  }

  return { make, reserve, append, readableEnd: () => (hasFailed ? acknowledged?.end : undefined), close };
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
