import fs, { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SessionKey } from '../contract/ids.ts';
import type { AssistantMessage, Message, ToolResultMessage } from '../contract/messages.ts';
import { systemClock } from '../lib/clock.ts';
import type { AppendFiles } from '../sessions/append-log.ts';
import { createFileSessionStore } from '../sessions/file-store.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { loadHistory } from './load-history.ts';
import { ask, createTestManager, keyOf, readEvents, type TestManager } from './testing/manager.ts';
import { type MockUpstream, startMockUpstream } from './testing/mock-upstream.ts';

const key: SessionKey = { tenantId: 'default', userId: 'default', sessionId: 'ses_long' };
const usage = {
  ...{ input: 0, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 0 },
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
};
/** About 100 tokens. */
const words = 'some words that say little '.repeat(15);

function user(n: number): Message {
  return { role: 'user', content: `question ${n} ${words}`, timestamp: n };
}

/** A reply with a call, and its result. */
function round(n: number): Message[] {
  const call: AssistantMessage = {
    role: 'assistant',
    content: [{ type: 'toolCall', id: `call_${n}`, name: 'Read', arguments: { path: `f${n}` } }],
    provider: 'openai',
    model: 'mock-model',
    usage,
    stopReason: 'toolUse',
    timestamp: n,
  };
  const result: ToolResultMessage = {
    role: 'toolResult',
    toolCallId: `call_${n}`,
    toolName: 'Read',
    content: [{ type: 'text', text: `result ${n} ${words}` }],
    isError: false,
    timestamp: n,
  };
  return [call, result];
}

function exchanges(count: number): Message[] {
  return Array.from({ length: count }, (_, n) => [user(n), ...round(n), ...round(n + count)]).flat();
}

/** Real files that count what is read of them. */
function countingFiles(): AppendFiles & { readBytes: number } {
  const counted = {
    stat: fs.stat,
    truncate: fs.truncate,
    readBytes: 0,
    open: async (...args: Parameters<typeof fs.open>) => {
      const handle = await fs.open(...args);
      const read = handle.read.bind(handle) as (...given: unknown[]) => Promise<{ bytesRead: number }>;
      Object.assign(handle, {
        read: async (...given: unknown[]) => {
          const done = await read(...given);
          counted.readBytes += done.bytesRead;
          return done;
        },
      });
      return handle;
    },
  };
  return counted as unknown as AppendFiles & { readBytes: number };
}

describe('opening a history of 10,000 messages', () => {
  let dataDir: string;
  let store: AgentrailSessionStore;
  const files = countingFiles();
  const need = { contextWindow: 200_000, historyTokens: 40_000 };

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'history-'));
    store = createFileSessionStore({ dataDir, logger: silentLogger, clock: systemClock, fsync: 'none', files });
    await store.getOrCreate(key, { agentId: 'default', title: 'Long' });
    await store.appendMessages(key, exchanges(2000));
  });
  afterEach(async () => {
    await store.close();
    await rm(dataDir, { recursive: true });
  });

  test('reads what the budget needs and not the rest, at whatever length', async () => {
    const bytesOf = async (): Promise<number> => {
      files.readBytes = 0;
      await loadHistory(store, key, need);
      return files.readBytes;
    };
    files.readBytes = 0;
    await store.loadMessages(key);
    const whole = files.readBytes;
    const short = await bytesOf();
    await store.appendMessages(key, exchanges(2000));
    const long = await bytesOf();
    expect(whole).toBeGreaterThan(3_000_000);
    // 40,000 tokens are 160 KB of text: with their JSON and the block that holds the first line, less than 1 MB.
    expect(short).toBeLessThan(1_000_000);
    expect(Math.abs(long - short)).toBeLessThanOrEqual(512 * 1024);
  });

  test('begins with a question and holds every result with its call', async () => {
    const messages = await loadHistory(store, key, need);
    expect(messages[0]?.role).toBe('user');
    expect(messages.length).toBeGreaterThan(300);
    expect(messages.length).toBeLessThan(1000);
    messages.forEach((message, index) => {
      if (message.role !== 'toolResult') return;
      const before = messages[index - 1];
      expect(before?.role === 'assistant' && JSON.stringify(before.content)).toContain(message.toolCallId);
    });
    expect(messages.at(-1)).toMatchObject({ role: 'toolResult', toolCallId: 'call_3999' });
  });

  test('keeps the summary of what was archived in front', async () => {
    await store.compact(key, { messageCount: 5000, summary: 'They talked about files.' });
    const messages = await loadHistory(store, key, need);
    expect(messages[0]).toMatchObject({ role: 'user', content: expect.stringContaining('They talked about files.') });
    expect(messages[1]?.role).toBe('user');
    expect((await store.loadAllMessages(key)).messages).toHaveLength(10_000);
  });
});

describe('a run on a history that is longer than its budget', () => {
  let upstream: MockUpstream;
  let manager: TestManager;

  beforeEach(async () => {
    upstream = await startMockUpstream({ script: () => ({ blocks: [{ type: 'text', text: 'Fine.' }] }) });
    manager = await createTestManager(upstream);
    await manager.sessions.getOrCreate(key, { agentId: 'default', title: 'Long' });
    await manager.sessions.appendMessages(key, exchanges(400));
  });
  afterEach(async () => {
    await manager.close();
    await upstream.close();
  });

  const sentTexts = (): string => JSON.stringify(upstream.requests.at(-1)?.body);

  test('sends the latest part and stores everything', async () => {
    manager.config.runs.historyTokens = 5000;
    const run = await manager.runs.start(ask('And now?', { sessionId: key.sessionId }));
    const events = await readEvents(run);
    expect(events.find(({ type }) => type === 'context_compaction_start')).toBeUndefined();
    expect(sentTexts()).toContain('question 399');
    expect(sentTexts()).not.toContain('question 300 ');
    expect((await manager.sessions.loadMessages(keyOf(run))).messages).toHaveLength(2002);
  });

  test('shortens what is stored, not only what it loaded, when the model cannot read it all', async () => {
    manager.config.runs.historyTokens = 5000;
    manager.config.compaction.triggerTokens = 4000;
    const run = await manager.runs.start(ask('And now?', { sessionId: key.sessionId }));
    const end = (await readEvents(run)).find(({ type }) => type === 'context_compaction_end');
    expect(end).toMatchObject({ reason: 'trigger', archiveId: '0001', messagesBefore: 2001 });
    const { entries } = await manager.sessions.loadHistory(key);
    expect(entries[0]).toMatchObject({ type: 'compaction_marker' });
    expect(entries[1]).toMatchObject({ role: 'user' });
    expect((await manager.sessions.loadAllMessages(key)).messages).toHaveLength(2002);
  });
});
