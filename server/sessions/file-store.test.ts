import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../contract/events.ts';
import type { Clock } from '../lib/clock.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { ann, describeSessionStore, everyShape, turnOf, userMessage } from './conformance.ts';
import { describeAgentrailSessionStore } from './conformance-depth.ts';
import { createFileSessionStore } from './file-store.ts';
import type { AgentrailSessionStore, SessionStore } from './store.ts';

const init = { agentId: 'default', title: 'First words' };

/** Every look at it is a millisecond later, so that the order of sessions is certain. */
function tickingClock(): Clock {
  let now = 1_700_000_000_000;
  return { ...systemClock, now: () => now++ };
}

let dataDir: string;
const open: AgentrailSessionStore[] = [];
const clock = tickingClock();

function openStore(): AgentrailSessionStore {
  const store = createFileSessionStore({ dataDir, clock, logger: silentLogger, maxOpenSessions: 2 });
  open.push(store);
  return store;
}

async function closeStores(): Promise<void> {
  await Promise.all(open.splice(0).map((store) => store.close()));
}

const makeStore = async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'sessions-'));
  return {
    store: openStore(),
    async reopen() {
      await closeStores();
      return openStore();
    },
    async dispose() {
      await closeStores();
      await rm(dataDir, { recursive: true });
    },
  };
};

const harness = { describe, it, expect, beforeEach, afterEach };
describeSessionStore('the file store', makeStore, harness);
describeAgentrailSessionStore('the file store', makeStore, harness);

describe('the file store on disk', () => {
  const folder = (): string => path.join(dataDir, 'tenants/acme/sessions/ses_1');
  const file = (name: string): string => path.join(folder(), name);
  const linesOf = async (name: string): Promise<unknown[]> =>
    (await readFile(file(name), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  const texts = async (store: SessionStore): Promise<unknown[]> =>
    (await store.loadMessages(ann)).messages.map((message) => message.content);

  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'sessions-'));
  });
  afterEach(async () => {
    await closeStores();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('writes the lines that Agentrail reads', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    await store.appendMessages(ann, everyShape);
    await store.recordTurn(ann, turnOf({ inputTokens: 3, outputTokens: 4, totalTokens: 7, cost: 0.5 }));
    await store.update(ann, { title: 'Better' });
    expect(await linesOf('session.jsonl')).toMatchObject([
      { type: 'init', ...ann, agentId: 'default', title: 'First words', createdAt: expect.any(Number) },
      {
        type: 'turn',
        turnIndex: 0,
        inputTokens: 3,
        outputTokens: 4,
        cacheReadTokens: 0,
        updatedAt: expect.any(Number),
      },
      { type: 'update', title: 'Better', updatedAt: expect.any(Number) },
    ]);
    expect(await linesOf('messages.jsonl')).toEqual(everyShape);
  });

  it('tells of a new session before it is on the disk; what follows waits for it', async () => {
    const store = openStore();
    const begun = await store.begin?.(ann, init);
    expect(begun?.isNew).toBe(true);
    await expect(stat(file('session.jsonl'))).rejects.toMatchObject({ code: 'ENOENT' });
    const appending = store.appendMessages(ann, everyShape);
    expect(await store.readMemory(ann, 'NOTES.md')).toBe('');
    await begun?.stored;
    expect(await linesOf('session.jsonl')).toMatchObject([{ type: 'init', ...ann }]);
    await appending;
    expect(await linesOf('messages.jsonl')).toEqual(everyShape);
    expect((await store.begin?.(ann, init))?.isNew).toBe(false);
  });

  it('refuses to begin in a session of somebody else, and tells when a new one cannot be stored', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    await expect(store.begin?.({ ...ann, userId: 'bob' }, init)).rejects.toMatchObject({ code: 'session_not_found' });
    await rm(dataDir, { recursive: true });
    const begun = await store.begin?.({ ...ann, sessionId: 'new' }, init);
    await expect(begun?.stored).rejects.toMatchObject({ code: 'storage_unavailable' });
    await expect(store.appendMessages({ ...ann, sessionId: 'new' }, everyShape)).rejects.toMatchObject({
      code: 'storage_unavailable',
    });
  });

  it('reads notes that were written while the session was being stored', async () => {
    const store = openStore();
    await store.begin?.(ann, init);
    const writing = store.writeMemory(ann, 'NOTES.md', 'Tea.');
    expect(await store.readMemory(ann, 'NOTES.md')).toBe('Tea.');
    await writing;
  });

  it('keeps its folders and files to this user', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    await store.appendMessages(ann, everyShape);
    expect((await stat(folder())).mode & 0o777).toBe(0o700);
    expect((await stat(file('session.jsonl'))).mode & 0o777).toBe(0o600);
    expect((await stat(file('messages.jsonl'))).mode & 0o777).toBe(0o600);
  });

  it("reads a data directory of Agentrail's own", async () => {
    await mkdir(folder(), { recursive: true });
    const assistant = everyShape[2];
    if (assistant?.role !== 'assistant') throw new Error('the third shape is the assistant message');
    const { model, usage, ...rest } = assistant;
    const older = {
      ...rest,
      modelId: model,
      usage: {
        inputTokens: 1,
        outputTokens: 2,
        cacheReadTokens: 3,
        cacheWriteTokens: 4,
        totalTokens: 10,
        cost: usage.cost,
      },
    };
    const { tenantId, userId, sessionId } = ann;
    await writeFile(
      file('session.jsonl'),
      [
        { type: 'init', sessionId, tenantId, userId, agentId: 'default', title: null, createdAt: 5 },
        {
          type: 'turn',
          turnIndex: 1,
          inputTokens: 1,
          outputTokens: 2,
          cacheReadTokens: 3,
          cacheWriteTokens: 4,
          updatedAt: 9,
        },
      ]
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(''),
    );
    await writeFile(file('messages.jsonl'), `${JSON.stringify(older)}\n`);
    const store = openStore();
    expect(await store.get(ann)).toMatchObject({ title: '', turns: 1, createdAt: 5, lastActiveAt: 9 });
    expect((await store.get(ann)).usage).toMatchObject({ totalTokens: 10, cost: 0 });
    expect(await store.loadMessages(ann)).toEqual({ messages: [assistant], skippedLines: 0 });
  });

  it('loses only the torn line wherever the file was cut, and never glues the next one to it', async () => {
    const first = openStore();
    await first.getOrCreate(ann, init);
    await first.appendMessages(ann, [userMessage('one'), userMessage('zwei ü'), ...everyShape.slice(2, 3)]);
    await closeStores();
    const whole = await readFile(file('messages.jsonl'));
    const ends = [...whole.keys()].filter((at) => whole[at] === 0x0a).map((at) => at + 1);
    const from = ends[0] ?? 0;
    for (let cut = from; cut <= whole.length; cut += 1) {
      await writeFile(file('messages.jsonl'), whole.subarray(0, cut));
      const store = openStore();
      const wholeLines = ends.filter((end) => end <= cut || end - 1 === cut).length;
      expect((await store.loadMessages(ann)).messages).toHaveLength(wholeLines);
      await store.appendMessages(ann, [userMessage('next')]);
      const { messages, skippedLines } = await store.loadMessages(ann);
      expect([messages.length, messages.at(-1), skippedLines]).toEqual([wholeLines + 1, userMessage('next'), 0]);
      await closeStores();
    }
  }, 30_000);

  it('keeps every whole line among torn and alien ones, whatever they hold', async () => {
    const alien = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x0a))),
      fc.json().map((json) => Buffer.from(json)),
      fc
        .constantFrom('{"role":"user"}', '{"role":"system","content":"x","timestamp":1}', 'null')
        .map((s) => Buffer.from(s)),
    );
    const line = fc.oneof(
      alien.map((bytes) => ({ bytes, text: undefined })),
      fc.string({ unit: 'grapheme' }).map((text) => ({ bytes: Buffer.from(JSON.stringify(userMessage(text))), text })),
    );
    const seed = openStore();
    await seed.getOrCreate(ann, init);
    await closeStores();
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.nat(60), async (lines, cut) => {
        const body = Buffer.concat(lines.flatMap(({ bytes }) => [bytes, Buffer.from('\n')]));
        const torn = Buffer.from(JSON.stringify(userMessage('torn'))).subarray(0, cut % 20);
        await writeFile(file('messages.jsonl'), Buffer.concat([body, torn]));
        const store = openStore();
        await store.appendMessages(ann, [userMessage('next')]);
        const { messages, skippedLines } = await store.loadMessages(ann);
        await closeStores();
        const wanted = lines.flatMap(({ text }) => (text === undefined ? [] : [text]));
        expect(messages.map((message) => message.content)).toEqual([...wanted, 'next']);
        expect(skippedLines).toBe(lines.filter(({ text, bytes }) => text === undefined && bytes.length > 0).length);
      }),
      { numRuns: 60 },
    );
  });

  it('skips torn and alien lines of session.jsonl and keeps the owner of the first one', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    await store.recordTurn(ann, turnOf({ totalTokens: 5 }));
    const thief = { type: 'init', ...ann, userId: 'bob', agentId: 'x', title: 'mine', createdAt: 1 };
    await appendFile(file('session.jsonl'), `garbage\n${JSON.stringify(thief)}\n{"type":"later"}\n{"type":"turn","tu`);
    expect(await store.get(ann)).toMatchObject({ userId: 'ann', turns: 1 });
    await expect(store.get({ ...ann, userId: 'bob' })).rejects.toMatchObject({ code: 'session_not_found' });
    await closeStores();
    const again = openStore();
    await again.recordTurn(ann, turnOf({ totalTokens: 6 }));
    expect(await again.get(ann)).toMatchObject({ turns: 2, usage: { totalTokens: 11 } });
  });

  it('gives nobody the messages of a session whose owner cannot be read', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    await store.appendMessages(ann, [userMessage('secret')]);
    await closeStores();
    await writeFile(file('session.jsonl'), '{"type":"in');
    const again = openStore();
    await expect(again.getOrCreate({ ...ann, userId: 'bob' }, init)).rejects.toMatchObject({
      code: 'session_not_found',
    });
    expect(await readFile(file('messages.jsonl'), 'utf8')).toContain('secret');
  });

  it('makes the session again when a crash left only its folder', async () => {
    await mkdir(folder(), { recursive: true });
    const store = openStore();
    await expect(store.get(ann)).rejects.toMatchObject({ code: 'session_not_found' });
    expect(await store.getOrCreate(ann, init)).toMatchObject(ann);
  });

  it('refuses while the data directory is gone, does not make it anew, and goes on when it is back', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    await store.appendMessages(ann, [userMessage('one')]);
    await rename(dataDir, `${dataDir}-away`);
    const refusal = { code: 'storage_unavailable', status: 503, details: { fault: 'missing' } };
    await expect(store.appendMessages(ann, [userMessage('lost')])).rejects.toMatchObject(refusal);
    await expect(store.getOrCreate({ ...ann, sessionId: 'new' }, init)).rejects.toMatchObject(refusal);
    await expect(store.list({ limit: 5 })).rejects.toMatchObject(refusal);
    await expect(store.ping()).rejects.toMatchObject(refusal);
    await expect(stat(dataDir)).rejects.toMatchObject({ code: 'ENOENT' });
    await rename(`${dataDir}-away`, dataDir);
    await store.appendMessages(ann, [userMessage('two')]);
    await store.ping();
    expect(await texts(store)).toEqual(['one', 'two']);
    expect((await store.list({ limit: 5 })).sessions).toHaveLength(1);
  });

  it('says so when somebody removed a session by hand', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    await store.appendMessages(ann, [userMessage('one')]);
    await rm(folder(), { recursive: true });
    await expect(store.appendMessages(ann, [userMessage('two')])).rejects.toMatchObject({ code: 'session_not_found' });
    expect((await store.list({ limit: 5 })).sessions).toEqual([]);
  });

  it('keeps no more than the allowed sessions open', async () => {
    const store = openStore();
    const keys = Array.from({ length: 20 }, (_, n) => ({ ...ann, sessionId: `s${n}` }));
    const openFiles = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
    const before = await openFiles();
    for (const key of keys) {
      await store.getOrCreate(key, init);
      await store.appendMessages(key, [userMessage(key.sessionId)]);
      await store.recordTurn(key, turnOf());
    }
    expect(await openFiles()).toBeLessThanOrEqual(before + 6);
    for (const key of keys) {
      await store.appendMessages(key, [userMessage('again')]);
      expect((await store.loadMessages(key)).messages).toHaveLength(2);
    }
  });

  it('removes the whole folder of a deleted session, also one that a crash left half removed', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    const sessions = path.dirname(folder());
    await mkdir(path.join(sessions, '.trash-left'));
    await store.delete(ann);
    await store.getOrCreate({ ...ann, sessionId: 'marked' }, init);
    await appendFile(path.join(sessions, 'marked/session.jsonl'), '{"type":"update","deletedAt":1}\n');
    await closeStores();
    const again = openStore();
    expect((await again.list({ limit: 5 })).sessions).toEqual([]);
    await closeStores();
    expect(await readdir(sessions)).toEqual([]);
  });

  it('traces everything but deltas, in order, and writes it before closing', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    const delta = { type: 'text_delta', contentIndex: 0, delta: 'x' } as const;
    const events: RunEvent[] = Array.from({ length: 100 }, (_, turn) => ({ type: 'turn.start', turn }));
    for (const event of events) {
      store.trace(ann, 'run_1', event);
      store.trace(ann, 'run_1', { type: 'message.update', messageId: 'm', event: delta });
    }
    await closeStores();
    const lines = await linesOf('trace/events.jsonl');
    expect(lines.map((line) => (line as { event: RunEvent }).event)).toEqual(events);
    expect(lines[0]).toMatchObject({ runId: 'run_1', at: expect.any(Number) });
  });

  it('traces nothing into a session of somebody else', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    store.trace({ ...ann, userId: 'bob' }, 'run_1', { type: 'turn.start', turn: 1 });
    store.trace({ ...ann, sessionId: '../../x' }, 'run_1', { type: 'turn.start', turn: 1 });
    await closeStores();
    expect((await readdir(folder())).toSorted()).toEqual(['messages.jsonl', 'session.jsonl']);
  });

  it('lists the others when one session cannot be read', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    await mkdir(path.join(path.dirname(folder()), 'broken/session.jsonl'), { recursive: true });
    await mkdir(path.join(path.dirname(folder()), 'empty'));
    expect((await store.list({ limit: 5 })).sessions).toMatchObject([ann]);
  });

  it('lists without opening any history', async () => {
    const store = openStore();
    await store.getOrCreate(ann, init);
    await closeStores();
    // A folder in place of the history: whoever opens it fails.
    await rm(file('messages.jsonl'));
    await mkdir(file('messages.jsonl'));
    expect((await openStore().list({ limit: 5 })).sessions).toMatchObject([ann]);
  });
});
