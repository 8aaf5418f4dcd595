import type { LogFilter, LogLine, LogPage } from '../contract/logs.ts';
import type { Redactor } from '../secrets/secret-source.ts';
import type { LogFile } from './log-files.ts';
import { createLogIndex, type LogBlock, lineCount } from './log-index.ts';
import { parseLine, redactLine } from './log-line.ts';
import { findPlace, overviewOf } from './log-overview.ts';
import { type ScanAnswer, type ScanRange, type ScanTask, scan } from './log-scan.ts';
import type { LogSearcher } from './log-searcher.ts';
import { isPlainFilter, readSeen } from './log-sieve.ts';
import type { LogStore } from './log-store.ts';
import { checkTextQuery } from './text-matcher.ts';

/** A page is answered after this long at the latest, with what was found until then, in milliseconds. */
const pageBudgetMs = 1500;
const exportPage = 2000;
/** A search takes so much at once: each batch has a watch of its own over the regular expression, which costs. */
const searchBytes = 1_048_576;

export interface LogReaderOptions {
  dir: string;
  searcher: LogSearcher;
  /** Lines that no file has yet, oldest first; everything else was written when this resolves. */
  unwritten(): Promise<LogLine[]>;
  redactor: () => Redactor;
}

/** Reads the log files through their index. What somebody searches for is searched in another thread. */
export function createLogReader(options: LogReaderOptions): Pick<LogStore, 'query' | 'export' | 'overview' | 'find'> {
  const index = createLogIndex(options.dir);

  async function search(filter: LogFilter, budgetMs: number, signal?: AbortSignal): Promise<ScanAnswer> {
    checkTextQuery(filter.text);
    checkTextQuery(filter.exclude);
    const isForward = filter.afterSeq !== undefined;
    const unwritten = await options.unwritten();
    const recent = unwritten.map((line) => JSON.stringify(line));
    // A line that reaches its file meanwhile must not be found twice.
    const beforeSeq = Math.min(filter.beforeSeq ?? Number.POSITIVE_INFINITY, unwritten[0]?.seq ?? Infinity);
    const inFiles: LogFilter = Number.isFinite(beforeSeq) ? { ...filter, beforeSeq } : filter;
    const isPlain = isPlainFilter(filter);
    const deadline = performance.now() + budgetMs;
    const found: string[] = [];

    /** Adds what one part of the log has; true when the page is full or the time is up. */
    const look = async (part: Pick<ScanTask, 'ranges' | 'recent'>, asked: LogFilter): Promise<number | boolean> => {
      if (part.ranges.length + part.recent.length === 0) return false;
      const limit = filter.limit + 1 - found.length;
      const task = { ...part, filter: { ...asked, limit }, budgetMs: Math.max(50, deadline - performance.now()) };
      const { texts, continueAt } = await (isPlain ? scan(task, signal) : options.searcher.search(task, signal));
      signal?.throwIfAborted();
      if (isForward) for (const text of texts) found.push(text);
      else found.unshift(...texts);
      return continueAt ?? found.length > filter.limit;
    };

    let stopped = isForward ? false : await look({ ranges: [], recent }, filter);
    const files = stopped === false ? await filesFor(inFiles) : [];
    for (const [place, file] of files.entries()) {
      const blocks = await index.blocks(file);
      const next = files[place + 1];
      // The next file is read while this one is searched.
      if (!isPlain && next) void index.blocks(next);
      const ranges = rangesOf(file, blocks, inFiles, isPlain ? filter.limit + 1 - found.length : Infinity);
      stopped = await look({ ranges, recent: [] }, inFiles);
      if (stopped === false && next && performance.now() > deadline) stopped = placeAfter(ranges, isForward) ?? false;
      if (stopped !== false) break;
    }
    if (isForward && stopped === false) stopped = await look({ ranges: [], recent }, filter);
    const texts = isForward ? found.slice(0, filter.limit) : found.slice(-filter.limit);
    return {
      texts,
      hasMore: stopped !== false,
      ...(typeof stopped === 'number' && { continueAt: stopped }),
    };
  }

  /** Files that may hold such lines, in the order of reading. */
  async function filesFor({ beforeSeq, afterSeq }: LogFilter): Promise<LogFile[]> {
    const files = index.files();
    if (afterSeq !== undefined) {
      let start = files.length - 1;
      while (start > 0) {
        const first = await index.firstSeq(files[start] as LogFile);
        if (first !== undefined && first <= afterSeq) break;
        start--;
      }
      return files.slice(Math.max(0, start));
    }
    const backwards = files.reverse();
    if (beforeSeq === undefined) return backwards;
    let start = 0;
    for (; start < backwards.length - 1; start++) {
      const first = await index.firstSeq(backwards[start] as LogFile);
      if (first === undefined || first < beforeSeq) break;
    }
    return backwards.slice(start);
  }

  return {
    async query(filter, signal): Promise<LogPage> {
      const { texts, hasMore, continueAt } = await search(filter, pageBudgetMs, signal);
      const lines = texts.flatMap((text) => {
        const line = parseLine(text);
        // Old files may hold a value that became a secret only later.
        return line ? [redactLine(line, options.redactor()).line] : [];
      });
      return { lines, hasMore, ...(continueAt !== undefined && { continueAt }) };
    },

    async *export({ beforeSeq: _, ...filter }, signal) {
      let afterSeq = filter.afterSeq ?? 0;
      for (let hasMore = true; hasMore; ) {
        const page = await search({ ...filter, afterSeq, limit: exportPage }, pageBudgetMs, signal);
        const redactor = options.redactor();
        for (const text of page.texts) {
          afterSeq = Math.max(afterSeq, readSeen(text)?.seq ?? 0);
          const line = parseLine(text);
          if (line) yield `${redactor.redact(text) === text ? text : redactLine(line, redactor).text}\n`;
        }
        afterSeq = Math.max(afterSeq, page.continueAt ?? 0);
        hasMore = page.hasMore;
      }
    },

    overview: ({ buckets }) => overviewOf(index, buckets),
    find: (place) => findPlace(index, place),
  };
}

/** The newest lines on the disk, oldest first, of a log that nobody has open. */
export async function newestLines(dir: string, limit: number): Promise<LogLine[]> {
  const index = createLogIndex(dir);
  const texts: string[] = [];
  for (const file of index.files().reverse()) {
    const filter = { limit: limit - texts.length };
    if (filter.limit < 1) break;
    const ranges = rangesOf(file, await index.blocks(file), filter, filter.limit);
    texts.unshift(...(await scan({ ranges, recent: [], filter, budgetMs: pageBudgetMs })).texts);
  }
  return texts.flatMap((text) => parseLine(text) ?? []);
}

/** Blocks that may hold such lines, in the order of reading; enough of them for so many lines. */
function rangesOf(file: LogFile, blocks: readonly LogBlock[], filter: LogFilter, enough: number): ScanRange[] {
  const { beforeSeq, afterSeq, fromTime, toTime, minLevel } = filter;
  const leastLevel = minLevel === undefined ? 0 : ['debug', 'info', 'warn', 'error'].indexOf(minLevel);
  const ranges: ScanRange[] = [];
  let lines = 0;
  for (const block of afterSeq === undefined ? blocks.toReversed() : blocks) {
    if (lines >= enough) break;
    if (
      (beforeSeq !== undefined && block.minSeq >= beforeSeq) ||
      (afterSeq !== undefined && block.maxSeq <= afterSeq) ||
      (fromTime !== undefined && block.maxTime < fromTime) ||
      (toTime !== undefined && block.minTime > toTime) ||
      block.counts.slice(leastLevel).every((count) => count === 0)
    ) {
      continue;
    }
    // Of a block that the place cuts, any part may count.
    const isCut = (beforeSeq ?? Infinity) <= block.maxSeq || (afterSeq ?? -1) >= block.minSeq;
    if (!isCut) lines += lineCount(block);
    addRange(ranges, file, block, enough === Infinity ? searchBytes : 0);
  }
  return ranges;
}

/** Neighbours are read together, as far as so many bytes go. */
function addRange(ranges: ScanRange[], { path }: LogFile, block: LogBlock, together: number): void {
  const { offset, bytes, minSeq, maxSeq } = block;
  const last = ranges.at(-1);
  if (last && last.bytes + bytes <= together) {
    const isNext = last.offset + last.bytes === offset;
    if (isNext || offset + bytes === last.offset) {
      last.offset = Math.min(last.offset, offset);
      last.bytes += bytes;
      last.minSeq = Math.min(last.minSeq, minSeq);
      last.maxSeq = Math.max(last.maxSeq, maxSeq);
      return;
    }
  }
  ranges.push({ path, offset, bytes, minSeq, maxSeq });
}

function placeAfter(ranges: readonly ScanRange[], isForward: boolean): number | undefined {
  const last = ranges.at(-1);
  return last && (isForward ? last.maxSeq : last.minSeq);
}
