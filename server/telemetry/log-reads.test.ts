import { type FileHandle, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { logFilterSchema } from '../contract/logs.ts';
import { systemClock } from '../lib/clock.ts';
import { createLogging } from './logging.ts';

const files = 5;
const perFile = 8000;
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'log-reads-'));
  await mkdir(join(dataDir, 'logs'));
  for (let file = 0; file < files; file++) {
    const lines = Array.from({ length: perFile }, (_, place) => {
      const seq = file * perFile + place + 1;
      return JSON.stringify({
        seq,
        time: seq,
        level: 'info',
        component: 'run',
        msg: `Answered request ${seq} of this run`,
      });
    });
    await writeFile(join(dataDir, 'logs', `agentrail-2026-01-01.${file + 1}.ndjson`), `${lines.join('\n')}\n`);
  }
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(dataDir, { recursive: true });
});

/** How many reads of files some work needs, and of how many bytes. */
async function readsOf(work: () => Promise<unknown>): Promise<{ reads: number; bytes: number }> {
  await using handle = await open(join(dataDir, 'logs', 'agentrail-2026-01-01.1.ndjson'));
  const read = vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'read');
  await work();
  const results = await Promise.all(read.mock.results.map(({ value }) => value as Promise<{ bytesRead: number }>));
  read.mockRestore();
  return { reads: results.length, bytes: results.reduce((sum, { bytesRead }) => sum + bytesRead, 0) };
}

it('a jump reads two blocks or three once the index is there, and of files that are not indexed only the one it needs', async () => {
  const { store } = createLogging({
    dataDir,
    level: () => 'info',
    redactor: () => ({ redact: (text) => text }),
    clock: systemClock,
  });
  const size = perFile * 110;
  const jump = (beforeSeq: number) => () => store.query(logFilterSchema.parse({ beforeSeq, limit: 500 }));
  const first = await readsOf(jump(perFile * 2.5));
  expect(first.bytes).toBeLessThan(2 * size);
  await store.overview({ buckets: 10 });
  for (const place of [600, perFile * 1.5, perFile * 4.9]) {
    const { reads, bytes } = await readsOf(jump(place));
    expect(reads).toBeGreaterThan(0);
    expect(reads).toBeLessThanOrEqual(3);
    expect(bytes).toBeLessThan(3 * 512 * 120);
  }
  const newest = await readsOf(() => store.query(logFilterSchema.parse({ limit: 200 })));
  expect(newest.reads).toBeLessThanOrEqual(2);
  await store.close();
});
