import type { RunUsage } from '../contract/events.ts';
import type { SessionKey } from '../contract/ids.ts';
import type { AssistantMessage, Message } from '../contract/messages.ts';
import type { ConformanceHarness } from './conformance-harness.ts';
import type { SessionStore, TurnRecord } from './store.ts';

/** A store under test. */
export interface StoreUnderTest {
  store: SessionStore;
  /** Closes the store and opens what it kept with a new one. */
  reopen(): Promise<SessionStore>;
  dispose(): Promise<void>;
}

export const ann: SessionKey = { tenantId: 'acme', userId: 'ann', sessionId: 'ses_1' };

export function userMessage(text: string): Message {
  return { role: 'user', content: text, timestamp: 1_700_000_000_000 };
}

export function assistantMessage(text: string): AssistantMessage {
  return {
    role: 'assistant',
    content: [{ type: 'text', text }],
    provider: 'demo',
    model: 'demo',
    usage: {
      input: 0,
      output: 0,
      cacheRead: 0,
      cacheWrite: 0,
      totalTokens: 0,
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
    },
    stopReason: 'stop',
    timestamp: 1_700_000_000_000,
  };
}

export function turnOf(usage: Partial<RunUsage> = {}, turn = 1): TurnRecord {
  return {
    runId: 'run_1',
    turn,
    model: 'demo:demo',
    stopReason: 'stop',
    usage: {
      inputTokens: 0,
      outputTokens: 0,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      totalTokens: 0,
      cost: 0,
      ...usage,
    },
  };
}

/** One message of every role with every kind of block. */
export const everyShape: Message[] = [
  userMessage('Grüße, 你好, \u2028 and \ud83d\ude00\n\twith lines'),
  {
    role: 'user',
    content: [
      { type: 'text', text: 'look' },
      { type: 'image', data: 'aGVsbG8=', mimeType: 'image/png' },
    ],
    timestamp: 1,
  },
  {
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'hm', thinkingSignature: 'sig' },
      { type: 'text', text: 'so' },
      { type: 'toolCall', id: 'call_1', name: 'Bash', arguments: { command: 'ls', deep: { list: [1, null] } } },
    ],
    provider: 'demo',
    model: 'demo',
    usage: {
      input: 1,
      output: 2,
      cacheRead: 3,
      cacheWrite: 4,
      totalTokens: 10,
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0.25 },
    },
    stopReason: 'toolUse',
    timestamp: 2,
  },
  {
    role: 'toolResult',
    toolCallId: 'call_1',
    toolName: 'Bash',
    content: [{ type: 'text', text: 'a.txt' }],
    details: { exitCode: 0 },
    isError: false,
    timestamp: 3,
  },
];

/** What every implementation of SessionStore has to do. The clock of the made store must never show a time twice. */
export function describeSessionStore(
  name: string,
  make: () => Promise<StoreUnderTest>,
  { describe, it, expect, beforeEach, afterEach }: ConformanceHarness,
): void {
  describe(`${name} keeps the contract of a session store`, () => {
    let made: StoreUnderTest;
    let store: SessionStore;
    beforeEach(async () => {
      made = await make();
      store = made.store;
    });
    afterEach(() => made.dispose());

    const init = { agentId: 'default', title: 'First words' };
    const texts = (messages: Message[]): unknown[] => messages.map((message) => message.content);

    it('makes a session once and opens it the next time', async () => {
      const created = await store.getOrCreate(ann, init);
      const again = await store.getOrCreate(ann, { agentId: 'other', title: 'Other words' });
      expect(created).toMatchObject({ ...ann, ...init, turns: 0 });
      expect(again).toEqual(created);
    });

    it('makes one session when several ask at once', async () => {
      const titles = ['a', 'b', 'c'];
      const made = await Promise.all(titles.map((title) => store.getOrCreate(ann, { ...init, title })));
      expect(new Set(made.map((summary) => summary.title))).toEqual(new Set(['a']));
    });

    it('gives every kind of message back as it was, also after reopening', async () => {
      await store.getOrCreate(ann, init);
      await store.appendMessages(ann, everyShape);
      expect(await store.loadMessages(ann)).toEqual({ messages: everyShape, skippedLines: 0 });
      store = await made.reopen();
      expect(await store.loadMessages(ann)).toEqual({ messages: everyShape, skippedLines: 0 });
    });

    it('keeps the order in which appends were called, without waiting for each', async () => {
      await store.getOrCreate(ann, init);
      const words = Array.from({ length: 50 }, (_, n) => `message ${n}`);
      await Promise.all(words.map((word) => store.appendMessages(ann, [userMessage(word)])));
      expect(texts((await store.loadMessages(ann)).messages)).toEqual(words);
    });

    it('adds turns up and remembers the sum', async () => {
      await store.getOrCreate(ann, init);
      await store.recordTurn(ann, turnOf({ inputTokens: 10, outputTokens: 5, totalTokens: 15, cost: 0.5 }));
      await store.recordTurn(ann, turnOf({ inputTokens: 1, cacheReadTokens: 7, totalTokens: 8, cost: 0.25 }, 2));
      const wanted = {
        turns: 2,
        usage: {
          inputTokens: 11,
          outputTokens: 5,
          cacheReadTokens: 7,
          cacheWriteTokens: 0,
          totalTokens: 23,
          cost: 0.75,
        },
      };
      expect(await store.get(ann)).toMatchObject(wanted);
      store = await made.reopen();
      expect(await store.get(ann)).toMatchObject(wanted);
    });

    it('renames', async () => {
      await store.getOrCreate(ann, init);
      expect(await store.update(ann, { title: 'Better' })).toMatchObject({ title: 'Better' });
      store = await made.reopen();
      expect(await store.get(ann)).toMatchObject({ title: 'Better' });
      expect((await store.list({ limit: 5 })).sessions).toMatchObject([{ title: 'Better' }]);
    });

    it('answers the same for a session of another user, of another tenant and a missing one', async () => {
      await store.getOrCreate(ann, init);
      await store.appendMessages(ann, [userMessage('secret')]);
      const bob = { ...ann, userId: 'bob' };
      const other = { ...ann, tenantId: 'other' };
      const missing = { ...ann, sessionId: 'ses_none' };
      const asks: ((key: SessionKey) => Promise<unknown>)[] = [
        (key) => store.get(key),
        (key) => store.loadMessages(key),
        (key) => store.appendMessages(key, [userMessage('x')]),
        (key) => store.recordTurn(key, turnOf()),
        (key) => store.update(key, { title: 'x' }),
        (key) => store.delete(key),
      ];
      for (const ask of asks) {
        const errors = await Promise.all([bob, other, missing].map((key) => ask(key).then(() => undefined, facts)));
        expect(errors[0]).toMatchObject({ code: 'session_not_found', status: 404 });
        expect(errors[1]).toEqual(errors[0]);
        expect(errors[2]).toEqual(errors[0]);
      }
      await expect(store.getOrCreate(bob, init)).rejects.toMatchObject({ code: 'session_not_found' });
      expect(texts((await store.loadMessages(ann)).messages)).toEqual(['secret']);
    });

    it('refuses ids that could leave their folder', async () => {
      for (const bad of ['..', '.', '../x', 'a/b', 'a\\b', '', '.hidden', 'a\0b', 'x'.repeat(129)]) {
        for (const key of [
          { ...ann, sessionId: bad },
          { ...ann, tenantId: bad },
          { ...ann, userId: bad },
        ]) {
          await expect(store.getOrCreate(key, init)).rejects.toMatchObject({ code: 'invalid_id', status: 400 });
        }
      }
    });

    it('lists newest activity first, in pages, for a tenant, a user or all', async () => {
      const ids = ['s1', 's2', 's3', 's4', 's5'];
      for (const sessionId of ids) await store.getOrCreate({ ...ann, sessionId }, init);
      await store.getOrCreate({ ...ann, userId: 'bob', sessionId: 's6' }, init);
      await store.getOrCreate({ tenantId: 'zoo', userId: 'zed', sessionId: 's7' }, init);
      await store.recordTurn({ ...ann, sessionId: 's1' }, turnOf());
      const listed = async (query: { tenantId?: string; userId?: string }, limit: number): Promise<string[]> => {
        const found: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.list({ ...query, limit, ...(cursor === undefined ? {} : { cursor }) });
          expect(page.sessions.length).toBeLessThanOrEqual(limit);
          found.push(...page.sessions.map((summary) => summary.sessionId));
          cursor = page.nextCursor;
        } while (cursor !== undefined);
        return found;
      };
      expect(await listed({ tenantId: 'acme', userId: 'ann' }, 2)).toEqual(['s1', 's5', 's4', 's3', 's2']);
      expect((await listed({ tenantId: 'acme' }, 4)).toSorted()).toEqual([...ids, 's6']);
      expect((await listed({}, 3)).toSorted()).toEqual([...ids, 's6', 's7']);
      expect(await listed({ tenantId: 'nobody' }, 3)).toEqual([]);
      store = await made.reopen();
      expect(await listed({ tenantId: 'acme', userId: 'ann' }, 5)).toEqual(['s1', 's5', 's4', 's3', 's2']);
    });

    it('refuses a cursor that is not its own', async () => {
      await expect(store.list({ limit: 5, cursor: 'bm9uc2Vuc2U' })).rejects.toMatchObject({
        code: 'invalid_cursor',
        status: 400,
      });
    });

    it('forgets a deleted session, and its id can be used again', async () => {
      await store.getOrCreate(ann, init);
      await store.appendMessages(ann, [userMessage('old')]);
      expect((await store.list({ limit: 5 })).sessions).toHaveLength(1);
      await store.delete(ann);
      await expect(store.get(ann)).rejects.toMatchObject({ code: 'session_not_found' });
      expect((await store.list({ limit: 5 })).sessions).toEqual([]);
      await store.getOrCreate(ann, { ...init, title: 'new' });
      expect((await store.loadMessages(ann)).messages).toEqual([]);
      store = await made.reopen();
      expect(await store.get(ann)).toMatchObject({ title: 'new' });
    });

    it('answers a ping', async () => {
      await expect(Promise.all([store.ping(), store.ping()])).resolves.toBeDefined();
    });

    it('writes what was asked before closing and refuses what comes after', async () => {
      await store.getOrCreate(ann, init);
      const writing = store.appendMessages(ann, [userMessage('last')]);
      await Promise.all([store.close(), store.close()]);
      await writing;
      await expect(store.get(ann)).rejects.toMatchObject({ code: 'store_closed' });
      store = await made.reopen();
      expect(texts((await store.loadMessages(ann)).messages)).toEqual(['last']);
    });
  });
}

/** What a client can see of an error. */
export function facts(error: unknown): unknown {
  const { message, code, status, details } = error as Record<string, unknown>;
  return { message, code, status, details };
}
