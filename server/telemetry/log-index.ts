import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { LevelCounts } from '../contract/logs.ts';
import { readLineHead } from './line-head.ts';
import { type LogFile, listLogFiles } from './log-files.ts';

const newline = 0x0a;
const readBytes = 262_144;
const blockLines = 512;
const blockBytes = 262_144;
/** Longer lines are not ours: they are passed over instead of being held in memory. */
const maxLineBytes = 1_048_576;

/** Lines that lie together in a file, found without reading what is before them. */
export interface LogBlock {
  offset: number;
  bytes: number;
  minSeq: number;
  maxSeq: number;
  minTime: number;
  maxTime: number;
  counts: LevelCounts;
}

/**
 * A sparse index over the files, one entry for some hundred lines, in memory. A file is read once; later only what was
 * added to it is. What was removed is forgotten, what was replaced is read anew.
 */
export interface LogIndex {
  /** Files that are there now, oldest first. */
  files(): LogFile[];
  /** Blocks of whole lines, oldest first, up to the present end of the file; none when it cannot be read. */
  blocks(file: LogFile): Promise<readonly LogBlock[]>;
  /** Of the first line that can be read; undefined when there is none near the start. Reads little. */
  firstSeq(file: LogFile): Promise<number | undefined>;
}

interface Entry {
  ino: number;
  blocks: LogBlock[];
  /** Everything before is indexed; a line starts here. */
  end: number;
  /** The line that starts at `end` is too long; searching for its end goes on here. */
  skipFrom: number | undefined;
}

export function createLogIndex(dir: string): LogIndex {
  const entries = new Map<string, Entry>();
  const firsts = new Map<string, { ino: number; seq: number }>();
  const running = new Map<string, Promise<readonly LogBlock[]>>();

  function files(): LogFile[] {
    const found = listLogFiles(dir);
    const paths = new Set(found.map(({ path }) => path));
    for (const known of [entries, firsts]) {
      for (const path of known.keys()) if (!paths.has(path)) known.delete(path);
    }
    return found;
  }

  async function extend({ path }: LogFile): Promise<readonly LogBlock[]> {
    await using handle = await open(path, 'r').catch(() => undefined);
    if (!handle) return [];
    const { ino, size } = await handle.stat();
    let entry = entries.get(path);
    if (!entry || entry.ino !== ino || size < (entry.skipFrom ?? entry.end)) {
      entry = { ino, blocks: [], end: 0, skipFrom: undefined };
      entries.set(path, entry);
    }
    if (size > (entry.skipFrom ?? entry.end)) await readOn(handle, entry, size);
    return entry.blocks;
  }

  return {
    files,
    blocks(file) {
      // One after the other per file: two at once would both add the same lines.
      const turn = (running.get(file.path) ?? Promise.resolve()).then(() => extend(file)).catch(() => []);
      running.set(file.path, turn);
      void turn.finally(() => {
        if (running.get(file.path) === turn) running.delete(file.path);
      });
      return turn;
    },
    async firstSeq({ path }) {
      await using handle = await open(path, 'r').catch(() => undefined);
      if (!handle) return undefined;
      const { ino } = await handle.stat();
      const known = firsts.get(path);
      if (known?.ino === ino) return known.seq;
      const seq = await readFirstSeq(handle);
      if (seq !== undefined) firsts.set(path, { ino, seq });
      return seq;
    },
  };
}

async function readFirstSeq(handle: FileHandle): Promise<number | undefined> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(65_536), 0, 65_536, 0);
  for (let start = 0; start < bytesRead; ) {
    const end = buffer.indexOf(newline, start);
    if (end === -1 || end >= bytesRead) return undefined;
    const head = readLineHead(buffer, start, end);
    if (head) return head.seq;
    start = end + 1;
  }
  return undefined;
}

async function readOn(handle: FileHandle, entry: Entry, size: number): Promise<void> {
  let chunk = Buffer.allocUnsafe(readBytes);
  while (true) {
    const from = entry.skipFrom ?? entry.end;
    if (from >= size) return;
    const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, size - from), from);
    if (bytesRead === 0) return;
    const filled = chunk.subarray(0, bytesRead);
    if (entry.skipFrom !== undefined) {
      const cut = filled.indexOf(newline);
      entry.skipFrom = cut === -1 ? from + bytesRead : undefined;
      if (cut !== -1) entry.end = from + cut + 1;
    } else if (addLines(entry, filled) === 0) {
      if (from + bytesRead >= size) return;
      // A line that is longer than the piece: a larger piece, up to what a line may have.
      if (chunk.length >= maxLineBytes) entry.skipFrom = from + bytesRead;
      else chunk = Buffer.allocUnsafe(maxLineBytes);
    }
    await yieldToOthers();
  }
}

/** Adds the whole lines at the start of the piece; returns how many bytes they have. */
function addLines(entry: Entry, piece: Buffer): number {
  const began = entry.end;
  let start = 0;
  for (let end = piece.indexOf(newline); end !== -1; end = piece.indexOf(newline, start)) {
    const head = end > start ? readLineHead(piece, start, end) : undefined;
    const bytes = end + 1 - start;
    if (head) {
      const block = blockFor(entry, bytes);
      block.bytes = entry.end + bytes - block.offset;
      block.minSeq = Math.min(block.minSeq, head.seq);
      block.maxSeq = Math.max(block.maxSeq, head.seq);
      block.minTime = Math.min(block.minTime, head.time);
      block.maxTime = Math.max(block.maxTime, head.time);
      block.counts[head.level as 0] += 1;
    }
    entry.end += bytes;
    start = end + 1;
  }
  return entry.end - began;
}

/** The newest block while there is room; what is no line may lie inside it, but does not open one. */
function blockFor({ blocks, end }: Entry, bytes: number): LogBlock {
  const last = blocks.at(-1);
  if (last && end + bytes - last.offset <= blockBytes && lineCount(last) < blockLines) return last;
  const block: LogBlock = {
    offset: end,
    bytes: 0,
    minSeq: Number.POSITIVE_INFINITY,
    maxSeq: 0,
    minTime: Number.POSITIVE_INFINITY,
    maxTime: Number.NEGATIVE_INFINITY,
    counts: [0, 0, 0, 0],
  };
  blocks.push(block);
  return block;
}

export function lineCount({ counts }: LogBlock): number {
  return counts[0] + counts[1] + counts[2] + counts[3];
}
