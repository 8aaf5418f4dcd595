import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunEvent } from '../contract/events.ts';
import { AppError } from '../lib/app-error.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import { echoTool } from './testing/harness.ts';
import { ask, createTestManager, keyOf, readEvents, readUntil, type TestManager } from './testing/manager.ts';
import { type MockReply, type MockUpstream, startMockUpstream } from './testing/mock-upstream.ts';

/** The model is asked while the session and the message are being stored; nothing counts before they are. */
let upstream: MockUpstream;
let manager: TestManager;
let script: MockReply[] = [];
let disk: PromiseWithResolvers<void>;

beforeEach(async () => {
  disk = Promise.withResolvers();
  // Nobody may be waiting for it.
  disk.promise.catch(() => undefined);
  upstream = await startMockUpstream({ script: (_, index) => script[index] ?? { error: { status: 400 } } });
});
afterEach(async () => {
  disk.resolve();
  await manager.close();
  await upstream.close();
});

const hello: MockReply = { blocks: [{ type: 'text', text: 'Hello there.' }] };
const hanging: MockReply = { ...hello, hang: { afterFrames: 1 } };
const echo: MockReply = { blocks: [{ type: 'toolCall', name: 'Echo', args: { text: 'ping' } }] };
const full = () => new AppError('storage_unavailable', 'The disk is full.', { status: 503 });
const known = { tenantId: 'default', userId: 'default', sessionId: 'ses_known' };
const acknowledgements = new Set<RunEvent['type']>(['turn.complete', 'session.end', 'tool.before', 'tool.after']);

async function useStore(wrapStore: (store: AgentrailSessionStore) => AgentrailSessionStore): Promise<void> {
  manager = await createTestManager(upstream, { tools: [echoTool], wrapStore });
}

/** A disk that takes its time with new sessions. */
const slowSessions = (store: AgentrailSessionStore): AgentrailSessionStore => ({
  ...store,
  async begin(key, init) {
    const begun = await store.begin?.(key, init);
    if (begun === undefined) throw new Error('This store tells nothing before.');
    return { ...begun, stored: Promise.all([begun.stored, disk.promise]).then(() => undefined) };
  },
});

/** A disk that takes its time with the first message, or refuses it. */
const slowMessages = (store: AgentrailSessionStore): AgentrailSessionStore => {
  let isFirst = true;
  return {
    ...store,
    async appendMessages(key, messages) {
      const waits = isFirst;
      isFirst = false;
      if (waits) await disk.promise;
      return store.appendMessages(key, messages);
    },
  };
};

for (const [what, wrap] of [
  ['a new session', slowSessions],
  ['the message', slowMessages],
] as const) {
  test(`the answer comes while ${what} is being stored, and is acknowledged only afterwards`, async () => {
    script = [hello];
    await useStore(wrap);
    const run = await manager.runs.start(ask('Hi'));
    const seen: RunEvent['type'][] = [];
    for await (const { event } of run.events()) {
      seen.push(event.type);
      if (event.type !== 'message.end') continue;
      expect(seen).not.toContain('turn.complete');
      const { messages } = await manager.sessions.loadMessages(keyOf(run)).catch(() => ({ messages: [] }));
      expect(messages.filter(({ role }) => role === 'assistant')).toEqual([]);
      disk.resolve();
    }
    expect(seen.slice(-3)).toEqual(['turn.complete', 'session.end', 'context_usage']);
    const { messages } = await manager.sessions.loadMessages(keyOf(run));
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
  });

  test(`a disk that refuses ${what} ends the run with storage_unavailable and takes the question back`, async () => {
    script = [hanging, hello];
    await useStore(wrap);
    const run = await manager.runs.start(ask('Hi', { sessionId: 'ses_1' }));
    await readUntil(run, 'message.start');
    disk.reject(full());
    const events = await readEvents(run);
    expect(events.filter(({ type }) => acknowledgements.has(type))).toMatchObject([
      { type: 'session.end', stopReason: 'error' },
    ]);
    expect(events.at(-3)).toMatchObject({ type: 'error', error: { code: 'storage_unavailable' } });
    await expect.poll(() => upstream.requests[0]?.left).toBe(true);
  });

  test(`no tool is run before ${what} is stored`, async () => {
    script = [echo, hello];
    await useStore(wrap);
    const run = await manager.runs.start(ask('Hi'));
    await readUntil(run, 'message.end');
    disk.reject(full());
    const events = await readEvents(run);
    expect(events.filter(({ type }) => acknowledgements.has(type))).toMatchObject([
      { type: 'session.end', stopReason: 'error' },
    ]);
    expect(upstream.requests).toHaveLength(1);
  });
}

test('a run that is aborted at once is over only when what it began is stored', async () => {
  script = [hanging];
  await useStore(slowMessages);
  const run = await manager.runs.start(ask('Hi'));
  await readUntil(run, 'message.start');
  manager.runs.abort(run.runId, 'test');
  const again = manager.runs.start(ask('Again', { sessionId: run.sessionId }));
  await expect(again).rejects.toMatchObject({ code: 'session_busy' });
  disk.resolve();
  expect((await readEvents(run)).at(-2)).toMatchObject({ type: 'session.end', stopReason: 'aborted' });
  const { messages } = await manager.sessions.loadMessages(keyOf(run));
  expect(messages[0]).toMatchObject({ role: 'user', content: 'Hi' });
});

test('a session of somebody else is refused before anything is asked', async () => {
  script = [hello];
  await useStore((store) => store);
  await manager.sessions.getOrCreate(known, { agentId: 'default', title: 'Mine' });
  await expect(manager.runs.start(ask('Hi', { ...known, userId: 'mallory' }))).rejects.toMatchObject({
    code: 'session_not_found',
  });
  expect(upstream.requests).toEqual([]);
});

test('a store that tells nothing before it has stored is waited for', async () => {
  script = [hello];
  await useStore(({ begin: _, ...store }) => ({
    ...store,
    getOrCreate: async (key, init) => disk.promise.then(() => store.getOrCreate(key, init)),
  }));
  const starting = manager.runs.start(ask('Hi'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(upstream.requests).toEqual([]);
  disk.resolve();
  expect((await readEvents(await starting)).at(-2)).toMatchObject({ stopReason: 'stop' });
});
