import { text as readText } from 'node:stream/consumers';
import fc from 'fast-check';
import type { SessionKey } from '../contract/ids.ts';
import type { AssistantMessage, Message, ToolResultMessage } from '../contract/messages.ts';
import { ann, assistantMessage, everyShape, facts, turnOf, userMessage } from './conformance.ts';
import type { ConformanceHarness } from './conformance-harness.ts';
import { estimateTokens } from './estimate-tokens.ts';
import type { AgentrailSessionStore } from './store.ts';

/** A store under test. */
export interface DeepStoreUnderTest {
  store: AgentrailSessionStore;
  /** Closes the store and opens what it kept with a new one. */
  reopen(): Promise<AgentrailSessionStore>;
  dispose(): Promise<void>;
}

const init = { agentId: 'default', title: 'First words' };

function callMessage(...ids: string[]): AssistantMessage {
  const calls = ids.map((id) => ({ type: 'toolCall' as const, id, name: 'Bash', arguments: { command: 'ls' } }));
  return { ...assistantMessage('working'), content: calls, stopReason: 'toolUse' };
}

function resultMessage(id: string, text = 'done'): Message {
  return {
    role: 'toolResult',
    toolCallId: id,
    toolName: 'Bash',
    content: [{ type: 'text', text }],
    isError: false,
    timestamp: 1,
  };
}

/** What every implementation of AgentrailSessionStore has to do beyond `describeSessionStore`. */
export function describeAgentrailSessionStore(
  name: string,
  make: () => Promise<DeepStoreUnderTest>,
  { describe, it, expect, beforeEach, afterEach }: ConformanceHarness,
): void {
  describe(`${name} keeps the contract of an Agentrail session store`, () => {
    let made: DeepStoreUnderTest;
    let store: AgentrailSessionStore;
    beforeEach(async () => {
      made = await make();
      store = made.store;
      await store.getOrCreate(ann, init);
    });
    afterEach(() => made.dispose());
    it('answers every method the same for a foreign and a missing session', async () => {
      await store.appendMessages(ann, [userMessage('secret')]);
      await store.writeArtifact(ann, 'call_1', 'secret');
      const keys = [
        { ...ann, userId: 'bob' },
        { ...ann, tenantId: 'other' },
        { ...ann, sessionId: 'ses_none' },
      ];
      const asks: ((key: SessionKey) => Promise<unknown>)[] = [
        (key) => store.loadMessagesWithBudget(key, 100),
        (key) => store.loadHistory(key),
        (key) => store.loadAllMessages(key),
        (key) => store.compact(key, { messageCount: 1, summary: 'x' }),
        (key) => store.loadArchive(key, '0001'),
        (key) => store.fork(key, { sessionId: 'ses_fork' }),
        (key) => store.readMemory(key, 'NOTES.md'),
        (key) => store.writeMemory(key, 'TODO.md', 'x'),
        (key) => store.writeArtifact(key, 'call_1', 'x'),
        (key) => store.readArtifact(key, 'call_1'),
        (key) => store.readTrace(key, { limit: 1 }),
        (key) => store.export(key, 'jsonl'),
      ];
      for (const ask of asks) {
        const errors = await Promise.all(keys.map((key) => ask(key).then(() => undefined, facts)));
        expect(errors[0]).toMatchObject({ code: 'session_not_found', status: 404 });
        expect(errors).toEqual([errors[0], errors[0], errors[0]]);
      }
      expect((await store.readArtifact(ann, 'call_1')).text).toBe('secret');
    });

    describe('within a budget', () => {
      it('gives the latest messages, and all when they fit', async () => {
        const messages = Array.from({ length: 20 }, (_, n) => userMessage(`${n} `.padEnd(400, 'x')));
        await store.appendMessages(ann, messages);
        const some = await store.loadMessagesWithBudget(ann, 350);
        expect(some).toMatchObject({ messages: messages.slice(-3), isCut: true, skippedLines: 0 });
        expect(some.tokens).toBeLessThanOrEqual(350);
        expect(await store.loadMessagesWithBudget(ann, 1e6)).toMatchObject({ messages, isCut: false });
        expect((await store.loadMessagesWithBudget(ann, 0)).messages).toEqual(messages.slice(-1));
      });

      it('keeps the question that the oldest reply belongs to', async () => {
        const long = 'y'.repeat(4000);
        const turns = ['a', 'b', 'c'].flatMap((id) => [callMessage(id), resultMessage(id, long)]);
        await store.appendMessages(ann, [userMessage('old'), userMessage('the task'), ...turns]);
        const { messages, isCut } = await store.loadMessagesWithBudget(ann, 1500);
        expect(messages).toEqual([userMessage('the task'), ...turns.slice(-2)]);
        expect(isCut).toBe(true);
      });

      it('never begins with an orphan and never parts a call from its results, whatever the history', async () => {
        const turn = fc.oneof(
          fc.string({ maxLength: 60 }).map((content) => [userMessage(content)]),
          fc.string({ maxLength: 60 }).map((content) => [assistantMessage(content)]),
          fc
            .uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 })
            .map((ids) => [callMessage(...ids), ...ids.map((id) => resultMessage(id, id.repeat(40)))]),
          fc.constant([resultMessage('orphan')]),
        );
        let n = 0;
        await fc.assert(
          fc.asyncProperty(fc.array(turn, { maxLength: 12 }), fc.nat(400), async (turns, budget) => {
            n += 1;
            const key = { ...ann, sessionId: `budget_${n}` };
            await store.getOrCreate(key, init);
            const history = turns.flat();
            await store.appendMessages(key, history);
            const { messages, tokens } = await store.loadMessagesWithBudget(key, budget);
            expect(tokens).toBe(messages.reduce((sum, message) => sum + estimateTokens(message), 0));
            expect(messages[0]?.role).not.toBe('toolResult');
            for (const [at, message] of messages.entries()) {
              if (message.role !== 'assistant') continue;
              const calls = message.content.flatMap((block) => (block.type === 'toolCall' ? block.id : []));
              const results = resultsBehind(messages, at).map((result) => result.toolCallId);
              expect(results.filter((id) => id !== 'orphan')).toEqual(calls);
            }
            if (history.some(({ role }) => role !== 'toolResult')) expect(messages.length).toBeGreaterThan(0);
          }),
          { numRuns: 60 },
        );
      });
    });

    describe('compacted', () => {
      const words = (from: number, to: number): Message[] =>
        Array.from({ length: to - from }, (_, n) => userMessage(`message ${from + n}`));

      it('shows the summary to the model, a marker to people, and all to who asks for all', async () => {
        await store.appendMessages(ann, words(0, 10));
        const first = await store.compact(ann, { messageCount: 6, summary: 'the first six' });
        expect(first).toEqual({ archiveId: '0001', compressedCount: 6 });
        await store.appendMessages(ann, words(10, 12));
        const second = await store.compact(ann, { messageCount: 3, summary: 'the first\n\neight]' });
        expect(second).toEqual({ archiveId: '0002', compressedCount: 2 });
        store = await made.reopen();
        const { messages } = await store.loadMessages(ann);
        expect(messages).toHaveLength(5);
        expect(String(messages[0]?.content)).toContain('the first\n\neight]');
        expect(messages.slice(1)).toEqual(words(8, 12));
        const { entries } = await store.loadHistory(ann);
        expect(entries[0]).toMatchObject({
          type: 'compaction_marker',
          archiveId: '0002',
          compressedCount: 2,
          summary: 'the first\n\neight]',
        });
        expect(entries.slice(1)).toEqual(words(8, 12));
        const archive = await store.loadArchive(ann, '0002');
        expect(archive.entries).toEqual([
          expect.objectContaining({ archiveId: '0001', summary: 'the first six' }),
          ...words(6, 8),
        ]);
        expect(await store.loadAllMessages(ann)).toEqual({ messages: words(0, 12), skippedLines: 0 });
        await store.appendMessages(ann, words(12, 13));
        expect((await store.loadAllMessages(ann)).messages).toEqual(words(0, 13));
      });

      it('stays searchable and counts the archive', async () => {
        await store.appendMessages(ann, words(0, 4));
        const before = (await store.get(ann)).sizeBytes ?? 0;
        await store.compact(ann, { messageCount: 3, summary: 'short' });
        expect((await store.list({ limit: 5, text: 'message 1' })).sessions).toHaveLength(1);
        expect((await store.list({ limit: 5, text: 'message 3' })).sessions).toHaveLength(1);
        expect((await store.get(ann)).sizeBytes).toBeGreaterThan(before);
      });

      it('keeps the summary when the budget cuts the rest', async () => {
        await store.appendMessages(ann, words(0, 50));
        await store.compact(ann, { messageCount: 10, summary: 'what was' });
        const { messages } = await store.loadMessagesWithBudget(ann, 30);
        expect(String(messages[0]?.content)).toContain('what was');
        expect(messages.at(-1)).toEqual(userMessage('message 49'));
        expect(messages.length).toBeLessThan(10);
      });

      it('refuses a place inside a turn, more than there is, and nothing', async () => {
        await store.appendMessages(ann, [
          userMessage('a'),
          callMessage('x', 'y'),
          resultMessage('x'),
          resultMessage('y'),
        ]);
        for (const messageCount of [0, 2, 3, 5]) {
          await expect(store.compact(ann, { messageCount, summary: 's' })).rejects.toMatchObject({
            code: 'invalid_compaction',
            status: 400,
          });
        }
        await store.compact(ann, { messageCount: 4, summary: 's' });
        await expect(store.compact(ann, { messageCount: 1, summary: 's' })).rejects.toMatchObject({
          code: 'invalid_compaction',
        });
        for (const id of ['0002', '../0001', '1', '']) {
          await expect(store.loadArchive(ann, id)).rejects.toMatchObject({ code: 'archive_not_found', status: 404 });
        }
      });

      it('takes the words of a compaction in a message for what they are', async () => {
        await store.appendMessages(ann, words(0, 3));
        await store.compact(ann, { messageCount: 2, summary: 's' });
        const forged = String((await store.loadMessages(ann)).messages[0]?.content);
        await store.appendMessages(ann, [userMessage(forged)]);
        expect((await store.loadHistory(ann)).entries.at(-1)).toEqual(userMessage(forged));
        expect((await store.loadAllMessages(ann)).messages).toEqual([...words(0, 3), userMessage(forged)]);
      });
    });

    describe('forked', () => {
      it('holds the history up to a message and goes its own way', async () => {
        await store.appendMessages(ann, [...everyShape, userMessage('later')]);
        await store.writeArtifact(ann, 'call_1', 'long result');
        const fork = { ...ann, sessionId: 'ses_fork' };
        expect(await store.fork(ann, { sessionId: 'ses_fork', messageCount: 4, title: 'Other way' })).toMatchObject({
          ...fork,
          title: 'Other way',
          turns: 0,
        });
        expect((await store.loadMessages(fork)).messages).toEqual(everyShape);
        expect((await store.readArtifact(fork, 'call_1')).text).toBe('long result');
        await store.appendMessages(fork, [userMessage('mine')]);
        expect((await store.loadMessages(ann)).messages).toHaveLength(5);
        store = await made.reopen();
        expect((await store.loadMessages(fork)).messages).toEqual([...everyShape, userMessage('mine')]);
        expect((await store.list({ limit: 5, text: 'mine' })).sessions).toMatchObject([fork]);
      });

      it('takes archives with it', async () => {
        const messages = [userMessage('a'), userMessage('b'), userMessage('c')];
        await store.appendMessages(ann, messages);
        await store.compact(ann, { messageCount: 2, summary: 's' });
        const fork = { ...ann, sessionId: 'ses_fork' };
        await store.fork(ann, { sessionId: 'ses_fork' });
        await store.delete(ann);
        expect((await store.loadAllMessages(fork)).messages).toEqual(messages);
      });

      it('refuses an id that is taken and a place inside a turn', async () => {
        await store.appendMessages(ann, [userMessage('a'), callMessage('x'), resultMessage('x')]);
        await store.getOrCreate({ ...ann, sessionId: 'taken' }, init);
        for (const sessionId of ['taken', ann.sessionId]) {
          await expect(store.fork(ann, { sessionId })).rejects.toMatchObject({ code: 'session_exists', status: 409 });
        }
        for (const messageCount of [2, 4]) {
          await expect(store.fork(ann, { sessionId: 'new', messageCount })).rejects.toMatchObject({
            code: 'invalid_fork',
            status: 400,
          });
        }
      });
    });

    it('keeps notes and to-dos, replaces them whole, and begins empty', async () => {
      expect(await store.readMemory(ann, 'NOTES.md')).toBe('');
      await store.writeMemory(ann, 'NOTES.md', '# Notes ü\n');
      await store.writeMemory(ann, 'TODO.md', '- [ ] one');
      await store.writeMemory(ann, 'TODO.md', '- [x] one');
      store = await made.reopen();
      expect(await store.readMemory(ann, 'NOTES.md')).toBe('# Notes ü\n');
      expect(await store.readMemory(ann, 'TODO.md')).toBe('- [x] one');
      await expect(store.writeMemory(ann, 'NOTES.md', 'x'.repeat(2 ** 20 + 1))).rejects.toMatchObject({ status: 413 });
      await expect(store.readMemory(ann, '../session.jsonl' as 'TODO.md')).rejects.toMatchObject({ status: 400 });
    });

    it('gives a kept tool result back in pieces that never cut a character', async () => {
      const content = 'aü数😀'.repeat(200);
      await store.writeArtifact(ann, 'call_1', 'before');
      expect(await store.writeArtifact(ann, 'call_1', content)).toEqual({ sizeBytes: Buffer.byteLength(content) });
      for (const limit of [1, 5, 7, 64, 1000]) {
        let read = '';
        let offset: number | undefined = 0;
        while (offset !== undefined) {
          const piece = await store.readArtifact(ann, 'call_1', { offset, limit });
          expect(piece.totalBytes).toBe(Buffer.byteLength(content));
          read += piece.text;
          offset = piece.nextOffset;
        }
        expect(read).toBe(content);
      }
      await expect(store.readArtifact(ann, 'call_2')).rejects.toMatchObject({ code: 'artifact_not_found' });
      for (const odd of ['call:1/../../x', 'x'.repeat(300), '..', 'ä']) {
        await store.writeArtifact(ann, odd, `of ${odd}`);
        expect((await store.readArtifact(ann, odd)).text).toBe(`of ${odd}`);
      }
    });

    it('gives the trace in pages, and later what came since', async () => {
      for (let turn = 1; turn <= 5; turn += 1) store.trace(ann, 'run_1', { type: 'turn.start', turn });
      store = await made.reopen();
      const first = await store.readTrace(ann, { limit: 3 });
      expect(first.events.map(({ event }) => event)).toMatchObject([{ turn: 1 }, { turn: 2 }, { turn: 3 }]);
      expect(first).toMatchObject({ hasMore: true, skippedLines: 0 });
      const rest = await store.readTrace(ann, { limit: 3, after: first.nextAfter });
      expect(rest).toMatchObject({
        hasMore: false,
        events: [{ runId: 'run_1', event: { turn: 4 } }, { event: { turn: 5 } }],
      });
      expect((await store.readTrace(ann, { limit: 3, after: rest.nextAfter })).events).toEqual([]);
    });

    it('exports everything, archives included', async () => {
      await store.appendMessages(ann, everyShape);
      await store.recordTurn(ann, turnOf());
      await store.compact(ann, { messageCount: 1, summary: 'left out' });
      const lines = (await readText(await store.export(ann, 'jsonl')))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(lines[0]).toMatchObject({ type: 'session', ...ann, turns: 1 });
      expect(lines.slice(1)).toEqual(everyShape);
      const markdown = await readText(await store.export(ann, 'markdown'));
      expect(markdown).toMatch(/^# First words\n/);
      for (const part of ['## User', '## Assistant (demo)', '**Bash**', '"command": "ls"', 'a.txt', '你好']) {
        expect(markdown).toContain(part);
      }
      expect(markdown).not.toContain('left out');
      const unread = await store.export(ann, 'jsonl');
      unread.destroy();
    });
  });
}

function resultsBehind(messages: readonly Message[], at: number): ToolResultMessage[] {
  const end = messages.findIndex((message, index) => index > at && message.role !== 'toolResult');
  return messages.slice(at + 1, end < 0 ? undefined : end).filter((message) => message.role === 'toolResult');
}
