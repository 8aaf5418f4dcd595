import { appendFile, mkdir, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LogFilter, type LogLine, logFilterSchema, logLevels } from '../contract/logs.ts';
import { createLogReader, newestLines } from './log-reader.ts';
import { createLogSearcher, type LogSearcher } from './log-searcher.ts';

let dir = '';
let searcher: LogSearcher;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'log-reader-'));
  searcher = createLogSearcher();
});

afterEach(async () => {
  await searcher.close();
  await rm(dir, { recursive: true });
});

function open(unwritten: LogLine[] = []) {
  return createLogReader({
    dir,
    searcher,
    unwritten: async () => unwritten,
    redactor: () => ({ redact: (text) => text }),
  });
}

const filter = (part: object = {}) => logFilterSchema.parse(part);
const file = (number: number) => join(dir, `agentrail-2026-01-01.${number}.ndjson`);
const seqs = (lines: LogLine[]) => lines.map(({ seq }) => seq);

function line(seq: number, more: Partial<LogLine> = {}): LogLine {
  return { seq, time: seq * 10, level: 'info', component: 'http', msg: `line ${seq}`, ...more };
}

const textOf = (lines: LogLine[]) => lines.map((each) => `${JSON.stringify(each)}\n`).join('');
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, place) => line(from + place));

async function everything(reader: ReturnType<typeof open>, part: object, isForward: boolean): Promise<number[]> {
  const found: number[] = [];
  let at = isForward ? 0 : undefined;
  for (let hasMore = true; hasMore; ) {
    const page = await reader.query(filter({ ...part, ...(isForward ? { afterSeq: at } : { beforeSeq: at }) }));
    if (isForward) found.push(...seqs(page.lines));
    else found.unshift(...seqs(page.lines));
    at = page.continueAt ?? (isForward ? page.lines.at(-1)?.seq : page.lines[0]?.seq);
    hasMore = page.hasMore;
  }
  return found;
}

test('damaged, huge and half lines, invalid UTF-8 and empty ones are passed over; whole lines around them are found', async () => {
  const parts = [
    Buffer.from(textOf([line(1)])),
    Buffer.from('not a line\n\n{"seq":2,"time":1,"level":"info"\n'),
    Buffer.from([0x7b, 0xff, 0xfe, 0x0a]),
    Buffer.from(textOf([line(2)])),
    Buffer.from(`${'x'.repeat(3_000_000)}\n`),
    Buffer.from(textOf([line(3, { msg: 'é€😀' })])),
    Buffer.from(JSON.stringify(line(4, { msg: 'y'.repeat(900_000) }))),
    Buffer.from(`\n${textOf([line(5)])}{"seq":6,"time":60,"lev`),
  ];
  await writeFile(file(1), Buffer.concat(parts));
  const reader = open();
  for (const part of [{}, { text: '/./s' }]) {
    expect(await everything(reader, part, false)).toEqual([1, 2, 3, 4, 5]);
    expect(await everything(reader, part, true)).toEqual([1, 2, 3, 4, 5]);
  }
  expect((await reader.query(filter({ text: '€😀' }))).lines).toEqual([line(3, { msg: 'é€😀' })]);
  await appendFile(file(1), 'el":"info","component":"http","msg":"ended"}\n');
  expect(seqs((await reader.query(filter())).lines)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(seqs(await newestLines(dir, 2))).toEqual([5, 6]);
});

test('files that are removed, replaced or added while it reads change what it finds and break nothing', async () => {
  await writeFile(file(1), textOf(lines(1, 50)));
  await writeFile(file(2), textOf(lines(50, 100)));
  const reader = open();
  expect(await everything(reader, {}, false)).toHaveLength(99);
  await unlink(file(1));
  expect(seqs((await reader.query(filter())).lines)[0]).toBe(50);
  expect(await everything(reader, { text: 'line' }, true)).toHaveLength(50);
  await unlink(file(2));
  await writeFile(file(2), textOf(lines(200, 203)));
  expect(await everything(reader, {}, false)).toEqual([200, 201, 202]);
  await rm(dir, { recursive: true });
  expect(await reader.query(filter())).toEqual({ lines: [], hasMore: false });
  expect(await reader.overview({ buckets: 3 })).toMatchObject({ lines: 0, files: 0 });
  await mkdir(dir);
});

test('a clock that jumps keeps the order of the lines, and times are found nevertheless', async () => {
  const jumping = lines(1, 3001).map((each) => ({
    ...each,
    time: each.seq > 1000 && each.seq <= 2000 ? 5 : each.seq * 10,
  }));
  await writeFile(file(1), textOf(jumping));
  const reader = open();
  expect(await everything(reader, {}, false)).toEqual(jumping.map(({ seq }) => seq));
  const late = await everything(reader, { fromTime: 9990, toTime: 20_010 }, false);
  expect(late).toEqual([999, 1000, 2001]);
  expect(await reader.find({ time: 20_005 })).toBe(2001);
  expect(await reader.find({ line: 1234 })).toBe(1235);
  expect(await reader.find({ line: 3000 })).toBeUndefined();
  const overview = await reader.overview({ buckets: 10 });
  expect(overview).toMatchObject({ lines: 3000, fromTime: 5, toTime: 30_000, files: 1 });
  expect(overview.buckets.flat().reduce((sum, count) => sum + count, 0)).toBe(3000);
});

test('lines that the disk has not taken are found after those that it has, once', async () => {
  await writeFile(file(1), textOf(lines(1, 11)));
  const reader = open(lines(9, 14));
  for (const part of [{}, { text: 'line' }]) {
    expect(await everything(reader, part, false)).toEqual(seqs(lines(1, 14)));
    expect(await everything(reader, part, true)).toEqual(seqs(lines(1, 14)));
    expect(seqs((await reader.query(filter({ ...part, limit: 3 }))).lines)).toEqual([11, 12, 13]);
  }
});

test('an expression that never ends is stopped while the program and other searches go on', async () => {
  await writeFile(file(1), textOf([line(1, { msg: `${'a'.repeat(60)}!` }), line(2)]));
  const reader = open();
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 20);
  const slow = expect(reader.query(filter({ text: '/(a+)+$/' }))).rejects.toMatchObject({
    code: 'regex_too_slow',
    status: 400,
  });
  expect(seqs((await reader.query(filter())).lines)).toEqual([1, 2]);
  await slow;
  clearInterval(ticking);
  expect(ticks).toBeGreaterThan(5);
  expect(seqs((await reader.query(filter({ text: '/line 2/' }))).lines)).toEqual([2]);
  await expect(reader.query(filter({ exclude: '/(/' }))).rejects.toMatchObject({ code: 'invalid_regex' });
});

test('a search ends with its signal, and none begins once it is closed', async () => {
  await writeFile(file(1), textOf(lines(1, 5000)));
  const reader = open();
  const stop = new AbortController();
  const gone = expect(reader.query(filter({ text: 'nothing' }), stop.signal)).rejects.toThrow('gone');
  stop.abort(new Error('gone'));
  await gone;
  await searcher.close();
  await expect(reader.query(filter({ text: 'x' }))).rejects.toMatchObject({ code: 'log_search_failed' });
});

const anyLine = fc.record({
  level: fc.constantFrom(...logLevels),
  component: fc.constantFrom('http', 'run', 'sandbox'),
  msg: fc.oneof(fc.constantFrom('alpha', 'beta "quoted"', 'ALPHA\nbeta'), fc.string({ unit: 'grapheme' })),
  tenantId: fc.option(fc.constantFrom('acme', 'default'), { nil: undefined }),
  sessionId: fc.option(fc.constantFrom('s1', 's2"'), { nil: undefined }),
  time: fc.nat(1000),
  fields: fc.option(fc.record({ a: fc.constantFrom(1, '1', 'x', null), b: fc.jsonValue() }), { nil: undefined }),
});

const anyFilter = fc.record(
  {
    minLevel: fc.constantFrom(...logLevels),
    source: fc.constantFrom('server', 'runs', 'sandboxes'),
    tenantId: fc.constantFrom('acme', 'nobody'),
    sessionId: fc.constantFrom('s1', 's2"'),
    text: fc.constantFrom('alpha', '"quoted"', '/^beta/i', '/a$/', '"a":1'),
    exclude: fc.constantFrom('BETA', '/alph/'),
    fromTime: fc.nat(1000),
    fields: fc.constantFrom(
      JSON.stringify([{ path: ['fields', 'a'], value: '1', isNot: false }]),
      JSON.stringify([{ path: ['fields', 'a'], value: 'x', isNot: true }]),
    ),
    limit: fc.integer({ min: 1, max: 30 }),
  },
  { requiredKeys: [] },
);

test('pages in both directions hold what a plain look at every line finds', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyLine, { maxLength: 120 }),
      fc.integer({ min: 1, max: 50 }),
      anyFilter,
      async (drafts, perFile, part) => {
        const all = drafts.map(
          (draft, place): LogLine => JSON.parse(JSON.stringify({ seq: place + 1, ...ordered(draft) })),
        );
        for (let at = 0; at < all.length; at += perFile) {
          await writeFile(file(at / perFile + 1), textOf(all.slice(at, at + perFile)));
        }
        const reader = open();
        const expected = seqs(all.filter((each) => isAskedFor(each, filter(part))));
        expect(await everything(reader, part, false)).toEqual(expected);
        expect(await everything(reader, part, true)).toEqual(expected);
        await rm(dir, { recursive: true });
        await mkdir(dir);
      },
    ),
    { numRuns: 60 },
  );
});

/** As lines are written: ids before fields. */
function ordered({
  level,
  component,
  msg,
  tenantId,
  sessionId,
  time,
  fields,
}: Partial<Record<keyof LogLine, unknown>>) {
  return { time, level, component, msg, sessionId, tenantId, fields };
}

/** Written as plainly as can be, to compare with. */
function isAskedFor(each: LogLine, asked: LogFilter): boolean {
  const { msg, component, sessionId, tenantId, fields } = each;
  const shown = [msg, component, sessionId, tenantId, fields && JSON.stringify(fields)]
    .filter((part) => part !== undefined)
    .join('\n');
  const matches = (query: string) => {
    const [, source = '', flags = ''] = /^\/(.+)\/(\w*)$/.exec(query) ?? [];
    return source === ''
      ? shown.toLowerCase().includes(query.toLowerCase())
      : new RegExp(source, `${flags}m`).test(shown);
  };
  const source = component === 'run' ? 'runs' : component === 'sandbox' ? 'sandboxes' : 'server';
  return (
    logLevels.indexOf(each.level) >= logLevels.indexOf(asked.minLevel ?? 'debug') &&
    (asked.source === undefined || source === asked.source) &&
    (asked.tenantId === undefined || tenantId === asked.tenantId) &&
    (asked.sessionId === undefined || sessionId === asked.sessionId) &&
    (asked.fromTime === undefined || each.time >= asked.fromTime) &&
    (asked.text === undefined || matches(asked.text)) &&
    (asked.exclude === undefined || !matches(asked.exclude)) &&
    (asked.fields ?? []).every(({ value, isNot }) => (fields?.a !== undefined && String(fields.a) === value) !== isNot)
  );
}
