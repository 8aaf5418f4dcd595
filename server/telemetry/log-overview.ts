import { open } from 'node:fs/promises';
import type { LevelCounts, LogOverview, LogPlace } from '../contract/logs.ts';
import { type LineHead, readLineHead } from './line-head.ts';
import type { LogFile } from './log-files.ts';
import { type LogBlock, type LogIndex, lineCount } from './log-index.ts';

/** Blocks over several buckets are counted line by line, up to so many of them. */
const maxExactBlocks = 400;

interface Place {
  file: LogFile;
  block: LogBlock;
}

/** How many lines there are, and when. Reads the index, and the blocks that lie in more than one bucket. */
export async function overviewOf(index: LogIndex, bucketCount: number): Promise<LogOverview> {
  const files = index.files();
  const places: Place[] = [];
  let sizeBytes = 0;
  for (const file of files) {
    const blocks = await index.blocks(file);
    for (const block of blocks) places.push({ file, block: { ...block, counts: [...block.counts] } });
    const last = blocks.at(-1);
    sizeBytes += last ? last.offset + last.bytes : 0;
  }
  const fromTime = places.reduce((least, { block }) => Math.min(least, block.minTime), Number.POSITIVE_INFINITY);
  const toTime = places.reduce((most, { block }) => Math.max(most, block.maxTime), Number.NEGATIVE_INFINITY);
  const lines = places.reduce((sum, { block }) => sum + lineCount(block), 0);
  if (lines === 0) return { lines, sizeBytes, files: files.length, buckets: [] };

  const buckets = Array.from({ length: bucketCount }, (): LevelCounts => [0, 0, 0, 0]);
  const width = Math.max(1, (toTime - fromTime + 1) / bucketCount);
  const bucketAt = (time: number) =>
    buckets[Math.min(bucketCount - 1, Math.max(0, Math.floor((time - fromTime) / width)))];
  let exact = 0;
  for (const { file, block } of places) {
    const isSpread = bucketAt(block.minTime) !== bucketAt(block.maxTime);
    if (isSpread && exact++ < maxExactBlocks) {
      for (const { time, level } of await headsOf(file, block)) addTo(bucketAt(time), level, 1);
    } else {
      const bucket = bucketAt((block.minTime + block.maxTime) / 2);
      block.counts.forEach((count, level) => {
        addTo(bucket, level, count);
      });
    }
  }
  return { lines, sizeBytes, files: files.length, fromTime, toTime, buckets };
}

function addTo(bucket: LevelCounts | undefined, level: number, count: number): void {
  if (bucket) bucket[level as 0] += count;
}

/** The first line at or after a time, or the line with a number. */
export async function findPlace(index: LogIndex, { time, line }: LogPlace): Promise<number | undefined> {
  let passed = 0;
  for (const file of index.files()) {
    for (const block of await index.blocks(file)) {
      if (time !== undefined && block.maxTime >= time) {
        const found = (await headsOf(file, block)).find((head) => head.time >= time);
        if (found) return found.seq;
      }
      if (line !== undefined && passed + lineCount(block) > line) {
        const found = (await headsOf(file, block))[line - passed];
        if (found) return found.seq;
      }
      passed += lineCount(block);
    }
  }
  return undefined;
}

/** None when the file is gone. */
async function headsOf({ path }: LogFile, { offset, bytes }: LogBlock): Promise<LineHead[]> {
  await using handle = await open(path, 'r').catch(() => undefined);
  if (!handle) return [];
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(bytes), 0, bytes, offset);
  const heads: LineHead[] = [];
  for (let start = 0; start < bytesRead; ) {
    const end = buffer.indexOf(0x0a, start);
    if (end === -1 || end >= bytesRead) break;
    const head = readLineHead(buffer, start, end);
    if (head) heads.push(head);
    start = end + 1;
  }
  return heads;
}
