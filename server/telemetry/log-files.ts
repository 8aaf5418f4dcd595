import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { parseLine } from './log-line.ts';

/** One file of the log, `agentrail-YYYY-MM-DD.N.ndjson`; days are UTC, N counts from 1. */
export interface LogFile {
  path: string;
  day: string;
  number: number;
}

const namePattern = /^agentrail-(\d{4}-\d{2}-\d{2})\.(\d{1,9})\.ndjson$/;
/** Enough for any whole line and its predecessor; more is read when that is damaged. */
const tailBytes = 524_288;

export function logFile(dir: string, day: string, number: number): LogFile {
  return { path: join(dir, `agentrail-${day}.${number}.ndjson`), day, number };
}

export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** Oldest first; empty when the folder is missing or cannot be read. */
export function listLogFiles(dir: string): LogFile[] {
  return readNames(dir)
    .flatMap((name) => {
      const match = namePattern.exec(name);
      return match?.[1] && match[2] ? [logFile(dir, match[1], Number(match[2]))] : [];
    })
    .sort((a, b) => a.day.localeCompare(b.day) || a.number - b.number);
}

function readNames(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

/** The sequence number of the newest whole line on disk; 0 when there is none. */
export function newestSeq(dir: string): number {
  for (const file of listLogFiles(dir).reverse()) {
    const seq = newestSeqOf(file);
    if (seq > 0) return seq;
  }
  return 0;
}

function newestSeqOf(file: LogFile): number {
  try {
    for (let length = tailBytes; ; length *= 4) {
      const { text, isWhole } = readTail(file.path, length);
      const seqs = text.split('\n').map((line) => parseLine(line)?.seq ?? 0);
      const newest = seqs.reduce((most, seq) => Math.max(most, seq), 0);
      if (newest > 0 || isWhole) return newest;
    }
  } catch {
    return 0;
  }
}

function readTail(path: string, length: number): { text: string; isWhole: boolean } {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    const buffer = Buffer.alloc(Math.min(size, length));
    const read = readSync(fd, buffer, 0, buffer.length, size - buffer.length);
    return { text: buffer.toString('utf8', 0, read), isWhole: length >= size };
  } finally {
    closeSync(fd);
  }
}
