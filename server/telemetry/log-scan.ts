import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { LogFilter } from '../contract/logs.ts';
import { createLineFinder } from './line-finder.ts';
import { createLogSieve } from './log-sieve.ts';

/** Lines that lie together in one file. */
export interface ScanRange {
  path: string;
  offset: number;
  bytes: number;
  minSeq: number;
  maxSeq: number;
}

/** What to look through, nearest first: backwards from the newest, or forwards from the oldest. */
export interface ScanTask {
  ranges: ScanRange[];
  /** Lines that no file has yet, oldest first; newer than all ranges. */
  recent: string[];
  filter: LogFilter;
  /** Over this the search stops after the block at hand and tells where. */
  budgetMs: number;
}

export interface ScanAnswer {
  /** Oldest first. */
  texts: string[];
  hasMore: boolean;
  continueAt?: number;
}

/** Looks through the ranges until the page is full, the time is up or the signal fires. A file that is gone has no lines. */
export async function scan(
  { ranges, recent, filter, budgetMs }: ScanTask,
  signal?: { readonly aborted: boolean },
): Promise<ScanAnswer> {
  const isForward = filter.afterSeq !== undefined;
  const sieve = createLogSieve(filter);
  const linesIn = createLineFinder(filter);
  const found: string[] = [];
  const deadline = performance.now() + budgetMs;
  const files = openFiles();
  /** In the order of reading. */
  const add = (texts: string[]) => {
    const kept = sieve(texts);
    for (const text of isForward ? kept : kept.reverse()) found.push(text);
  };
  try {
    if (!isForward) add(recent);
    let isWhole = true;
    let continueAt: number | undefined;
    for (const [place, range] of ranges.entries()) {
      if (found.length > filter.limit || signal?.aborted) {
        isWhole = false;
        break;
      }
      add(linesIn(await files.read(range)));
      if (performance.now() > deadline && place < ranges.length - 1 && found.length <= filter.limit) {
        continueAt = isForward ? range.maxSeq : range.minSeq;
        isWhole = false;
        break;
      }
      await yieldToOthers();
    }
    if (isForward && isWhole && found.length <= filter.limit) add(recent);
    const texts = found.slice(0, filter.limit);
    return {
      texts: isForward ? texts : texts.reverse(),
      hasMore: found.length > filter.limit || continueAt !== undefined,
      ...(continueAt !== undefined && { continueAt }),
    };
  } finally {
    await files.close();
  }
}

/** One file open at a time: ranges of a file come one after the other. What was read holds until the next read. */
function openFiles() {
  let current: { path: string; handle: FileHandle | undefined } | undefined;
  let room = Buffer.alloc(0);
  return {
    /** Nothing when the file is gone. */
    async read({ path, offset, bytes }: ScanRange): Promise<Buffer> {
      if (current?.path !== path) {
        await current?.handle?.close();
        current = { path, handle: await open(path, 'r').catch(() => undefined) };
      }
      if (!current.handle) return room.subarray(0, 0);
      if (room.length < bytes) room = Buffer.allocUnsafeSlow(bytes);
      const { bytesRead } = await current.handle.read(room, 0, bytes, offset);
      return room.subarray(0, bytesRead);
    },
    close: async () => current?.handle?.close(),
  };
}
