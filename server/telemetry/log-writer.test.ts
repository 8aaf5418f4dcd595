import { mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { createLogWriter, type LogWriter, type LogWriterOptions } from './log-writer.ts';

const day1 = Date.UTC(2026, 0, 1, 12);
const day2 = Date.UTC(2026, 0, 2, 12);
let dataDir = '';
const writers: LogWriter[] = [];
const recovered = vi.fn<LogWriterOptions['onRecovered']>();

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'log-writer-'));
  recovered.mockClear();
});

afterEach(async () => {
  for (const writer of writers.splice(0)) await writer.close();
  await rm(dataDir, { recursive: true });
});

function make(options: Partial<LogWriterOptions> = {}): LogWriter {
  const writer = createLogWriter({ dataDir, clock: systemClock, onRecovered: recovered, ...options });
  writers.push(writer);
  return writer;
}

const files = async () => (await readdir(join(dataDir, 'logs'))).sort();
const content = (name: string) => readFile(join(dataDir, 'logs', name), 'utf8');

test('lines of a tick reach one private file in order', async () => {
  const writer = make();
  for (let line = 0; line < 100; line++) writer.append(1, day1, `line ${line}`);
  expect(await writer.flush()).toBe(true);
  expect(await files()).toEqual(['agentrail-2026-01-01.1.ndjson']);
  expect((await content('agentrail-2026-01-01.1.ndjson')).trimEnd().split('\n')).toHaveLength(100);
  expect((await stat(join(dataDir, 'logs', 'agentrail-2026-01-01.1.ndjson'))).mode & 0o777).toBe(0o600);
  expect((await stat(join(dataDir, 'logs'))).mode & 0o777).toBe(0o700);
});

test('a new day and a full file begin the next file; numbers past nine stay in order', async () => {
  const writer = make({ maxFileBytes: 40 });
  for (let line = 0; line < 24; line++) writer.append(1, day1, `line ${String(line).padStart(15, '0')}`);
  writer.append(1, day2, 'next day');
  await writer.flush();
  const names = await files();
  expect(names).toHaveLength(13);
  expect(names).toContain('agentrail-2026-01-01.12.ndjson');
  expect(await content('agentrail-2026-01-02.1.ndjson')).toBe('next day\n');
  const again = make({ maxFileBytes: 40 });
  again.append(1, day2, 'after a restart');
  await again.flush();
  expect(await content('agentrail-2026-01-02.1.ndjson')).toBe('next day\nafter a restart\n');
});

test('a clock set back goes on in the newest file, so that order is kept', async () => {
  const writer = make();
  writer.append(1, day2, 'later');
  await writer.flush();
  writer.append(1, day1, 'set back');
  await writer.flush();
  expect(await files()).toEqual(['agentrail-2026-01-02.1.ndjson']);
});

test('a line that a crash left half written does not swallow the next one', async () => {
  const first = make();
  first.append(1, day1, 'whole');
  await first.close();
  await writeFile(join(dataDir, 'logs', 'agentrail-2026-01-01.1.ndjson'), '{"half', { flag: 'a' });
  const second = make();
  second.append(1, day1, 'next');
  await second.flush();
  expect(await content('agentrail-2026-01-01.1.ndjson')).toBe('whole\n{"half\nnext\n');
});

test('a file that somebody removed is made anew', async () => {
  const writer = make();
  writer.append(1, day1, 'one');
  await writer.flush();
  await unlink(join(dataDir, 'logs', 'agentrail-2026-01-01.1.ndjson'));
  writer.append(1, day1, 'two');
  await writer.flush();
  expect(await content('agentrail-2026-01-01.1.ndjson')).toBe('two\n');
});

test('a disk that refuses holds nobody up; lines over the queue are counted, the rest is written when it is back', async () => {
  await writeFile(join(dataDir, 'logs'), 'in the way');
  const writer = make({ maxQueueBytes: 60 });
  for (let line = 0; line < 10; line++) writer.append(1, day1, `line ${line} ......`);
  expect(await writer.flush()).toBe(false);
  await unlink(join(dataDir, 'logs'));
  await vi.waitFor(() => expect(recovered).toHaveBeenCalledWith(6, expect.any(String)), { timeout: 5000 });
  expect((await content('agentrail-2026-01-01.1.ndjson')).trimEnd().split('\n')).toHaveLength(4);
});

test('closing writes what is left, gives up on a disk that refuses, and takes nothing more', async () => {
  const writer = make();
  writer.append(1, day1, 'last');
  await writer.close();
  writer.append(1, day1, 'too late');
  await writer.close();
  expect(await content('agentrail-2026-01-01.1.ndjson')).toBe('last\n');
  await rm(join(dataDir, 'logs'), { recursive: true });
  await writeFile(join(dataDir, 'logs'), 'in the way');
  const stuck = make();
  stuck.append(1, day1, 'lost');
  await stuck.close();
  expect(await readFile(join(dataDir, 'logs'), 'utf8')).toBe('in the way');
});
