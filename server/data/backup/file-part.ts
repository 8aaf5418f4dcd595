import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const pieceBytes = 256 * 1024;
const newline = 0x0a;
const tailBytes = 64 * 1024;

/** A file opened for reading, and how far it is to be read. */
export interface FilePart extends AsyncDisposable {
  handle: FileHandle;
  sizeBytes: number;
  mode: number;
}

/** The file became shorter while it was read: what was promised of it cannot be had. */
export class ShrunkError extends Error {}

/**
 * Opens a file as it is at this moment. Files that are appended to by lines end at a whole line: what is behind is being
 * written. Undefined when it is no plain file. Throws the disk's error.
 */
export async function openPart(file: string): Promise<FilePart | undefined> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await handle.stat();
    if (!found.isFile()) {
      await handle.close();
      return undefined;
    }
    const sizeBytes = /\.(jsonl|ndjson)$/.test(file) ? await wholeLines(handle, found.size) : found.size;
    return { handle, sizeBytes, mode: found.mode & 0o777 || 0o600, [Symbol.asyncDispose]: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The bytes up to the last newline. A last line without one counts when it is whole by itself. */
async function wholeLines(handle: FileHandle, size: number): Promise<number> {
  let tail = Buffer.alloc(0);
  for (let start = size; start > 0; ) {
    const from = Math.max(0, start - tailBytes);
    const block = Buffer.alloc(start - from);
    const { bytesRead } = await handle.read(block, 0, block.length, from);
    if (bytesRead < block.length) throw new ShrunkError();
    const at = block.lastIndexOf(newline);
    tail = Buffer.concat([block.subarray(at + 1), tail]);
    if (at >= 0) return isWhole(tail) ? size : from + at + 1;
    start = from;
  }
  return isWhole(tail) ? size : 0;
}

function isWhole(line: Buffer): boolean {
  if (line.length === 0) return true;
  try {
    JSON.parse(line.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

/** Exactly `sizeBytes` bytes. Throws ShrunkError. */
export async function* piecesOf({ handle, sizeBytes }: Pick<FilePart, 'handle' | 'sizeBytes'>): AsyncGenerator<Buffer> {
  for (let position = 0; position < sizeBytes; ) {
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, sizeBytes - position));
    const { bytesRead } = await handle.read(piece, 0, piece.length, position);
    if (bytesRead === 0) throw new ShrunkError();
    position += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}
