import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { echoTool } from './agent/testing/harness.ts';
import { ask, createTestManager, readEvents, type TestManager } from './agent/testing/manager.ts';
import { type MockReply, type MockUpstream, startMockUpstream } from './agent/testing/mock-upstream.ts';
import { createAgentApp } from './app.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import { type AppendFiles, diskFiles } from './sessions/append-log.ts';
import { createFileSessionStore } from './sessions/file-store.ts';
import { silentLogger } from './telemetry/logger.ts';

/** What a stream may cost, in things that can be counted: the same on every machine, however busy it is. */
let upstream: MockUpstream;
let manager: TestManager;
const closings: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await manager.close();
  await upstream.close();
  for (const close of closings.splice(0)) await close();
});

/** Each token is a frame of its own, and comes by itself. */
const said = (tokens: number): MockReply => ({
  blocks: [{ type: 'text', text: ' tok'.repeat(tokens) }],
  pieceLength: 4,
  frameDelayMs: 1,
});

async function setUp(script: MockReply[], options: Parameters<typeof createTestManager>[1] = {}) {
  upstream = await startMockUpstream({ script: (_, index) => script[index % script.length] ?? {} });
  manager = await createTestManager(upstream, { tools: async () => [echoTool], ...options });
}

async function streamed(message: string): Promise<string> {
  const app = createAgentApp({
    runs: manager.runs,
    sessions: manager.sessions,
    readiness: async () => ({ status: 'ready', checks: [] }),
    agents: () => [],
    config: () => manager.config,
    token: () => undefined,
    bindAddress: () => ({ host: '127.0.0.1', port: 0 }),
    logger: silentLogger,
    edge: 'http',
  });
  const headers = { 'Content-Type': 'application/json', Host: '127.0.0.1' };
  const body = JSON.stringify({ message });
  const answer = await app.request('http://127.0.0.1/api/stream', { method: 'POST', headers, body });
  return await answer.text();
}

describe('on the wire', () => {
  it('a token takes no more than one and a half times its delta as JSON, however long the answer is', async () => {
    await setUp([said(100), said(400)]);
    const short = await streamed('Hi');
    const long = await streamed('Hi');
    const delta = long.split('\n').find((line) => line.includes('"text_delta"'));
    if (delta === undefined) throw new Error('There is no delta.');
    const deltaBytes = Buffer.byteLength(delta.slice('data: '.length).replace(/"delta":"[^"]*"/, '"delta":" tok"'));
    expect((Buffer.byteLength(long) - Buffer.byteLength(short)) / 300).toBeLessThanOrEqual(1.5 * deltaBytes);
    expect(Buffer.byteLength(long) / 400).toBeLessThanOrEqual(1.5 * deltaBytes + 8);
  });

  it('a token is at most one event, and an answer adds twelve at most', async () => {
    await setUp([said(200)]);
    const events = await readEvents(await manager.runs.start(ask('Hi')));
    const deltas = events.filter((event) => event.type === 'message.update' && 'delta' in event.event);
    expect(deltas.length).toBeLessThanOrEqual(200);
    expect(events.length - deltas.length).toBeLessThanOrEqual(12);
  });
});

const isWrittenThrough = (flags: unknown): boolean =>
  typeof flags === 'number' && (diskFiles.writeThrough ?? 0) !== 0 && (flags & (diskFiles.writeThrough ?? 0)) !== 0;

/** Counts what is done to each file, by its name. */
function countedFiles(): { files: AppendFiles; counts: Map<string, number> } {
  const counts = new Map<string, number>();
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  const files: AppendFiles = {
    ...diskFiles,
    async open(...args) {
      // New files are made under another name first.
      const name = path.basename(String(args[0])).replace(/^\.(.+?)\.[^.]+\.tmp$/, '$1');
      count(`open ${name}`);
      if (isWrittenThrough(args[1])) count(`write through ${name}`);
      const handle = await diskFiles.open(...args);
      return new Proxy(handle, {
        get(target, member) {
          const value: unknown = Reflect.get(target, member, target);
          if (typeof value !== 'function') return value;
          return (...params: unknown[]) => {
            count(`${String(member)} ${name}`);
            return Reflect.apply(value, target, params);
          };
        },
      });
    },
  };
  return { files, counts };
}

describe('on the disk', () => {
  it('a turn is two appends that are synced; the first one of a run adds the message it answers', async () => {
    const dataDir = await fs.mkdtemp(path.join(tmpdir(), 'stream-costs-'));
    const { files, counts } = countedFiles();
    const store = createFileSessionStore({ dataDir, logger: silentLogger, clock: systemClock, files });
    closings.push(() => store.close().then(() => fs.rm(dataDir, { recursive: true })));
    const call: MockReply = { blocks: [{ type: 'toolCall', name: 'Echo', args: { text: 'x' } }] };
    await setUp([call, call, said(5)], { wrapStore: () => store });
    const run = await manager.runs.start(ask('Hi', { sessionId: 'one' }));
    await readEvents(run);
    await store.close();
    const turns = 3;
    // Either the file was opened so that each write is on the disk when it returns, or each is synced.
    const syncsOf = (name: string) => counts.get(`datasync ${name}`) ?? 0;
    const isThrough = (name: string) => counts.get(`write through ${name}`) === 1;
    expect(isThrough('messages.jsonl') || syncsOf('messages.jsonl') === 1 + turns).toBe(true);
    expect(isThrough('session.jsonl') || syncsOf('session.jsonl') === 1 + turns).toBe(true);
    expect(Object.fromEntries(counts)).toMatchObject({
      'write messages.jsonl': 1 + turns,
      'write session.jsonl': 1 + turns,
      'open session.jsonl': 1,
      'open messages.jsonl': 1,
      'open events.jsonl': 1,
    });
    // The trace is not synced, and its lines are gathered: fewer writes than the 25 events and more that it holds.
    expect(counts.get('datasync events.jsonl')).toBeUndefined();
    expect(counts.get('write events.jsonl')).toBeLessThanOrEqual(2 * turns + 1);
  });

  it.runIf(process.platform === 'linux')(
    'a new session with one turn opens three files and writes to them at most seven times, each at one go',
    async () => {
      const dataDir = await fs.mkdtemp(path.join(tmpdir(), 'stream-costs-'));
      const { files, counts } = countedFiles();
      const store = createFileSessionStore({ dataDir, logger: silentLogger, clock: systemClock, files });
      closings.push(() => store.close().then(() => fs.rm(dataDir, { recursive: true })));
      await setUp([said(5)], { wrapStore: () => store });
      const run = await manager.runs.start(ask('Hi'));
      await readEvents(run);
      await run.done;
      await store.close();
      const { 'write events.jsonl': traceWrites, ...others } = Object.fromEntries(counts);
      expect(traceWrites).toBeLessThanOrEqual(3);
      expect(others).toEqual({
        ...{ 'open session.jsonl': 1, 'write through session.jsonl': 1, 'write session.jsonl': 2 },
        ...{ 'open messages.jsonl': 1, 'write through messages.jsonl': 1, 'write messages.jsonl': 2 },
        ...{ 'open events.jsonl': 1 },
        ...{ 'close session.jsonl': 1, 'close messages.jsonl': 1, 'close events.jsonl': 1 },
      });
    },
  );

  it('the files of as many sessions stay open as run at once', async () => {
    const dataDir = await fs.mkdtemp(path.join(tmpdir(), 'stream-costs-'));
    const { files, counts } = countedFiles();
    const store = createFileSessionStore({ dataDir, logger: silentLogger, clock: systemClock, files });
    closings.push(() => store.close().then(() => fs.rm(dataDir, { recursive: true })));
    await setUp([said(1)], { wrapStore: () => store });
    const runs = await Promise.all(Array.from({ length: 64 }, () => manager.runs.start(ask('Hi'))));
    await Promise.all(runs.map(readEvents));
    await store.close();
    expect(counts.get('open session.jsonl')).toBe(64);
  });
});

describe('after runs', () => {
  it('no sleep is left, and no timer', async () => {
    let sleeping = 0;
    const clock: Clock = {
      ...systemClock,
      async sleep(ms, signal) {
        sleeping += 1;
        try {
          await systemClock.sleep(ms, signal);
        } finally {
          sleeping -= 1;
        }
      },
    };
    const call: MockReply = { blocks: [{ type: 'toolCall', name: 'Echo', args: { text: 'x' } }] };
    await setUp([call, said(3)], { clock });
    await readEvents(await manager.runs.start(ask('warm')));
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    for (let count = 0; count < 20; count += 1) {
      const run = await manager.runs.start(ask('Hi'));
      await readEvents(run);
      await run.done;
    }
    expect(sleeping).toBe(0);
    await expect.poll(timers).toBeLessThanOrEqual(before);
  });
});
