import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LogFilter, type LogLevel, type LogLine, logFilterSchema } from '../contract/logs.ts';
import { systemClock } from '../lib/clock.ts';
import type { LogStore } from './log-store.ts';
import { createLogging, type LoggingOptions } from './logging.ts';

let dataDir = '';
const stores: LogStore[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'logging-'));
});

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  await rm(dataDir, { recursive: true });
});

function make(options: Partial<LoggingOptions> = {}) {
  const logging = createLogging({
    dataDir,
    level: () => 'debug',
    redactor: () => ({ redact: (text) => text }),
    clock: systemClock,
    ...options,
  });
  stores.push(logging.store);
  return logging;
}

const filter = (part: Partial<LogFilter> = {}) => logFilterSchema.parse(part);
const texts = (lines: LogLine[]) => lines.map((line) => line.msg);

async function exported(store: LogStore, part: Partial<LogFilter> = {}, signal?: AbortSignal): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for await (const text of store.export(filter(part), signal)) lines.push(JSON.parse(text));
  return lines;
}

test('lines below the level in force are not written; a changed level counts at once', async () => {
  let level: LogLevel = 'warn';
  const { logger, store } = make({ level: () => level });
  logger.info('quiet');
  level = 'debug';
  logger.debug('loud');
  expect(texts((await store.query(filter())).lines)).toEqual(['loud']);
});

test('a page is the newest lines, oldest first, and the next page goes on before it', async () => {
  const { logger, store } = make();
  for (let line = 1; line <= 25; line++) logger.info(`line ${line}`);
  const newest = await store.query(filter({ limit: 10 }));
  expect(texts(newest.lines)).toEqual(Array.from({ length: 10 }, (_, at) => `line ${at + 16}`));
  expect(newest.hasMore).toBe(true);
  const older = await store.query(filter({ limit: 20, beforeSeq: newest.lines[0]?.seq }));
  expect(texts(older.lines).at(-1)).toBe('line 15');
  expect(older.hasMore).toBe(false);
  expect((await store.query(filter({ toTime: 1 }))).lines).toEqual([]);
});

test('paging reaches every line once, across memory, files and restarts', async () => {
  const total = 12_500;
  const first = make();
  for (let line = 0; line < 6000; line++) first.logger.info(`line ${line}`, { pad: 'x'.repeat(line % 200) });
  await first.store.close();
  const { logger, store } = make();
  for (let line = 6000; line < total; line++) logger.info(`line ${line}`);
  const seen: string[] = [];
  let beforeSeq: number | undefined;
  for (let hasMore = true; hasMore; ) {
    const page = await store.query(filter({ limit: 2000, beforeSeq }));
    seen.unshift(...texts(page.lines));
    beforeSeq = page.lines[0]?.seq;
    hasMore = page.hasMore;
  }
  expect(seen).toEqual(Array.from({ length: total }, (_, line) => `line ${line}`));
  expect(texts(await exported(store))).toEqual(seen);
});

test('filters by level, component, session, run, text and expression, in memory and in files alike', async () => {
  const write = ({ logger }: ReturnType<typeof make>) => {
    logger.child({ component: 'http' }).warn('Answered "twice"', { path: '/api/chat' });
    logger.child({ component: 'run', sessionId: 'ses_1', runId: 'run_1' }).info('turn 7');
    logger.child({ component: 'run', sessionId: 'ses_2' }).error('turn 8', { error: new Error('Boom') });
  };
  const check = async (store: LogStore) => {
    const ask = async (part: Partial<LogFilter>) => texts((await store.query(filter(part))).lines);
    expect(await ask({ minLevel: 'warn' })).toEqual(['Answered "twice"', 'turn 8']);
    expect(await ask({ component: 'http' })).toEqual(['Answered "twice"']);
    expect(await ask({ sessionId: 'ses_1' })).toEqual(['turn 7']);
    expect(await ask({ runId: 'run_1' })).toEqual(['turn 7']);
    expect(await ask({ text: 'answered "TWICE"' })).toEqual(['Answered "twice"']);
    expect(await ask({ text: '/api/chat' })).toEqual(['Answered "twice"']);
    expect(await ask({ text: 'boom' })).toEqual(['turn 8']);
    expect(await ask({ text: '/^TURN \\d/i' })).toEqual(['turn 7', 'turn 8']);
    expect(await ask({ text: '/^TURN \\d/' })).toEqual([]);
    expect(texts(await exported(store, { component: 'run', limit: 1 }))).toEqual(['turn 7', 'turn 8']);
    await expect(store.query(filter({ text: '/(/' }))).rejects.toMatchObject({ code: 'invalid_regex' });
  };
  const first = make();
  write(first);
  await check(first.store);
  await first.store.close();
  await check(make().store);
});

test('sequence numbers go on after a restart, past a torn or alien end of the file', async () => {
  const first = make();
  for (const msg of ['a', 'b', 'c']) first.logger.info(msg);
  await first.store.close();
  const [name] = await readdir(join(dataDir, 'logs'));
  await appendFile(join(dataDir, 'logs', String(name)), 'alien\n{"seq":99,"ti');
  const { logger, store } = make();
  logger.info('d');
  const { lines } = await store.query(filter());
  expect(lines.map((line) => [line.seq, line.msg])).toEqual([
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
    [4, 'd'],
  ]);
});

test('a value that became a secret after it was written is redacted when it is shown', async () => {
  let secret: string | undefined;
  const redactor = { redact: (text: string) => (secret ? text.replaceAll(secret, '[redacted KEY]') : text) };
  const { logger, store } = make({ redactor: () => redactor });
  logger.info('uses S3CR3T-VALUE');
  secret = 'S3CR3T-VALUE';
  expect(texts((await store.query(filter())).lines)).toEqual(['uses [redacted KEY]']);
  expect(texts(await exported(store))).toEqual(['uses [redacted KEY]']);
});

test('listeners and echo get each redacted line; a failing one harms nobody', async () => {
  const echoed: string[] = [];
  const heard: string[] = [];
  const { logger, store } = make({
    redactor: () => ({ redact: (text) => text.replaceAll('S3CR3T', '[redacted KEY]') }),
    echo: (line) => echoed.push(line.msg),
  });
  store.subscribe(() => {
    throw new Error('broken listener');
  });
  const off = store.subscribe((line) => heard.push(line.msg));
  logger.info('one S3CR3T');
  off();
  logger.info('two');
  expect(heard).toEqual(['one [redacted KEY]']);
  expect(echoed).toEqual(['one [redacted KEY]', 'two']);
});

test('a search is stopped by its signal', async () => {
  const { logger, store } = make();
  logger.info('a');
  await expect(store.query(filter(), AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  await expect(exported(store, {}, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
});

test('files are NDJSON of the contract', async () => {
  const { logger, store } = make();
  logger.child({ component: 'run' }).info('hello', { n: 1 });
  await store.flush();
  const [name] = await readdir(join(dataDir, 'logs'));
  expect(name).toMatch(/^agentrail-\d{4}-\d\d-\d\d\.1\.ndjson$/);
  const text = await readFile(join(dataDir, 'logs', String(name)), 'utf8');
  expect(JSON.parse(text)).toEqual({
    seq: 1,
    time: expect.any(Number),
    level: 'info',
    component: 'run',
    msg: 'hello',
    fields: { n: 1 },
  });
});
