import type { FileHandle } from 'node:fs/promises';

const newline = 0x0a;
const blockBytes = 256 * 1024;

/** Lines from byte `from` to `end`, without their newline, and whether the last one had none. Reads in blocks. */
export async function* readLines(
  handle: FileHandle,
  end: number,
  from = 0,
): AsyncGenerator<{ line: Buffer; isTorn: boolean }, void, undefined> {
  const pieces: Buffer[] = [];
  let position = from;
  while (position < end) {
    const block = Buffer.allocUnsafe(Math.min(blockBytes, end - position));
    const { bytesRead } = await handle.read(block, 0, block.length, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    let start = 0;
    for (let at = block.indexOf(newline); at >= 0 && at < bytesRead; at = block.indexOf(newline, start)) {
      pieces.push(block.subarray(start, at));
      yield { line: joined(pieces), isTorn: false };
      pieces.length = 0;
      start = at + 1;
    }
    if (start < bytesRead) pieces.push(block.subarray(start, bytesRead));
  }
  if (pieces.length > 0) yield { line: joined(pieces), isTorn: true };
}

function joined(pieces: Buffer[]): Buffer {
  return pieces.length === 1 ? (pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(pieces);
}

/** The bytes after the last newline of the first `end` bytes. Reads backwards in blocks. */
export async function readTail(handle: FileHandle, end: number): Promise<Buffer> {
  const blocks: Buffer[] = [];
  let start = end;
  while (start > 0) {
    const from = Math.max(0, start - blockBytes);
    const block = Buffer.alloc(start - from);
    const { bytesRead } = await handle.read(block, 0, block.length, from);
    if (bytesRead < block.length) throw new Error('The file became shorter while it was read.');
    const at = block.lastIndexOf(newline);
    if (at >= 0) {
      blocks.unshift(block.subarray(at + 1));
      break;
    }
    blocks.unshift(block);
    start = from;
  }
  return Buffer.concat(blocks);
}

/** The line's JSON object, or undefined when it is torn, not JSON, or no object. */
export function parseObject(line: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(textOf(line));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Without the mark that editors put before a text, and without the zeros that a power cut leaves before a line. */
function textOf(line: Buffer): string {
  const text = line.toString('utf8');
  const [first] = line;
  return first === 0 || first === 0xef ? text.replace(/^[\0\uFEFF]+/, '') : text;
}

/** Lines of the first `end` bytes, the last one first, with the byte each begins at. Reads backwards in blocks. */
export async function* readLinesBackwards(
  handle: FileHandle,
  end: number,
): AsyncGenerator<{ line: Buffer; start: number }, void, undefined> {
  /** Pieces of the line whose beginning was not reached yet, in order. */
  let pieces: Buffer[] = [];
  let position = end;
  while (position > 0) {
    const from = Math.max(0, position - blockBytes);
    const block = Buffer.allocUnsafe(position - from);
    const { bytesRead } = await handle.read(block, 0, block.length, from);
    if (bytesRead < block.length) throw new Error('The file became shorter while it was read.');
    let stop = block.length;
    for (let at = block.lastIndexOf(newline); at >= 0; at = stop > 0 ? block.lastIndexOf(newline, stop - 1) : -1) {
      const line = joined([block.subarray(at + 1, stop), ...pieces]);
      pieces = [];
      stop = at;
      if (line.length > 0) yield { line, start: from + at + 1 };
    }
    if (stop > 0) pieces.unshift(block.subarray(0, stop));
    position = from;
  }
  if (pieces.length > 0) yield { line: joined(pieces), start: 0 };
}
