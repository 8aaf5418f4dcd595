import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { StatementSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { ann, userMessage } from '../conformance.ts';
import { createFileSessionStore } from '../file-store.ts';

/** What a page of the list costs, in things that can be counted: the same on every machine. */
type Store = ReturnType<typeof createFileSessionStore>;
let dataDir: string;
let store: Store;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'list-queries-'));
  let now = 1_700_000_000_000;
  const clock = { ...systemClock, now: () => now++ };
  store = createFileSessionStore({ dataDir, clock, logger: silentLogger, fsync: 'none' });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function make(from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 1) {
    const key = { ...ann, sessionId: `ses_${n}` };
    await store.getOrCreate(key, { agentId: 'default', title: `title ${n}` });
    await store.appendMessages(key, [userMessage(`needle in hay ${n}`)]);
  }
}

/** Statements that the database carries out meanwhile, and the rows that they give. */
async function counted(work: () => Promise<unknown>): Promise<{ statements: number; rows: number }> {
  const { all, get, iterate, run } = StatementSync.prototype;
  const count = { statements: 0, rows: 0 };
  vi.spyOn(StatementSync.prototype, 'all').mockImplementation(function (this: StatementSync, ...values) {
    const found = all.apply(this, values as never);
    count.statements += 1;
    count.rows += found.length;
    return found;
  });
  vi.spyOn(StatementSync.prototype, 'get').mockImplementation(function (this: StatementSync, ...values) {
    count.statements += 1;
    count.rows += 1;
    return get.apply(this, values as never);
  });
  vi.spyOn(StatementSync.prototype, 'run').mockImplementation(function (this: StatementSync, ...values) {
    count.statements += 1;
    return run.apply(this, values as never);
  });
  vi.spyOn(StatementSync.prototype, 'iterate').mockImplementation(function (this: StatementSync, ...values) {
    count.statements += 1;
    const rows = iterate.apply(this, values as never);
    return rows.map((row) => {
      count.rows += 1;
      return row;
    });
  });
  await work();
  vi.restoreAllMocks();
  return count;
}

it('a page of the list asks the database as often, and reads as many rows, among 40 sessions as among 160', async () => {
  const page = () => store.list({ limit: 30 });
  const later = async () => store.list({ limit: 30, cursor: (await page()).nextCursor ?? '' });
  await make(0, 40);
  // The index takes in what was written before.
  await page();
  const few = await counted(page);
  await make(40, 160);
  await page();
  const many = await counted(page);
  expect(many).toEqual(few);
  expect(few.statements).toBeLessThanOrEqual(4);
  expect(few.rows).toBeLessThanOrEqual(40);
  // Two pages.
  const two = await counted(later);
  expect(two.statements).toBeLessThanOrEqual(8);
  expect(two.rows).toBeLessThanOrEqual(80);
});

it('a search reads no more rows for a page than a few times the page', async () => {
  await make(0, 160);
  const search = () => store.list({ limit: 30, text: 'needle' });
  while ((await search()).isIncomplete) await new Promise((resolve) => setImmediate(resolve));
  const found = await counted(search);
  expect(found.rows).toBeLessThanOrEqual(300);
  expect(found.statements).toBeLessThanOrEqual(200);
});
