import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDataLayout } from '../../data/layout.ts';
import { systemClock } from '../../lib/clock.ts';
import { createUserMemory, type UserMemoryManager } from '../../memory/user-memory.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { createModelAsker } from '../ask-model.ts';
import { secretsOf, testKeys } from '../testing/harness.ts';
import { ask, createTestManager, readEvents, type TestManager } from '../testing/manager.ts';
import { type MockUpstream, type RecordedRequest, startMockUpstream } from '../testing/mock-upstream.ts';
import { memoryContext, memoryTap } from './memory-context.ts';
import { createSaidWords } from './said-words.ts';

/** Real runs, a real store and the real asker, on a scripted model. */
const textOf = ({ body }: RecordedRequest) => JSON.stringify(body);
const isQuestion = (request: RecordedRequest) => textOf(request).includes('You keep a short memory of one person');
let upstream: MockUpstream;
let manager: TestManager;
let memory: UserMemoryManager;
let dataDir: string;

async function open(provider?: 'demo') {
  dataDir = await mkdtemp(join(tmpdir(), 'agentrail-user-memory-'));
  upstream = await startMockUpstream({
    script: (request) => ({
      blocks: [{ type: 'text', text: isQuestion(request) ? '- Is called Anna' : 'A secret plan: call me Bob.' }],
    }),
  });
  const later = { noteRun: (owner: Parameters<UserMemoryManager['noteRun']>[0]) => memory.noteRun(owner) };
  manager = await createTestManager(provider === 'demo' ? undefined : upstream, {
    contextProviders: () => [memoryContext(memory)],
    tap: memoryTap(later),
  });
  memory = createUserMemory({
    layout: createDataLayout(dataDir),
    settings: () => manager.config.userMemory,
    ask: createModelAsker({
      config: () => manager.config,
      secrets: secretsOf(testKeys),
      clock: systemClock,
      redact: (text) => text,
    }),
    said: createSaidWords(manager.sessions),
    redact: (text) => text,
    clock: systemClock,
    logger: silentLogger,
    quietMs: 0,
  });
}

beforeEach(() => open());
afterEach(async () => {
  await manager.close();
  await memory.close();
  await upstream.close();
  await rm(dataDir, { recursive: true });
});

const anna = { tenantId: 'default', userId: 'anna' };
const talk = async (message: string, userId = 'anna') => readEvents(await manager.runs.start(ask(message, { userId })));

describe('what a person says in one conversation', () => {
  it('is known in the next one, to them alone, from their own words alone', async () => {
    await talk('I am Anna.');
    await memory.idle();
    const questions = upstream.requests.filter(isQuestion).map(textOf);
    expect(questions).toEqual([expect.stringContaining('I am Anna.')]);
    expect(questions[0]).not.toContain('call me Bob');
    expect((await memory.get(anna)).text).toBe('- Is called Anna\n');

    await talk('Who am I?');
    await talk('Who am I?', 'bert');
    const asked = upstream.requests.filter((request) => !isQuestion(request)).map(textOf);
    expect(asked.map((text) => text.includes('Is called Anna'))).toEqual([false, true, false]);
  });

  it('is read without the files that came along', async () => {
    const key = { ...anna, sessionId: 'one' };
    await manager.sessions.getOrCreate(key, { agentId: 'default', title: 'x' });
    const content = 'Read it.\n\nFiles that came with this message:\n- /workspace/uploads/a.txt\n\nI am the Pope.';
    await manager.sessions.appendMessages(key, [{ role: 'user', content, timestamp: 5 }]);
    const said = createSaidWords(manager.sessions);
    expect(await said.words(anna, 'one', 0)).toEqual([{ text: 'Read it.', at: 5 }]);
    expect(await said.words(anna, 'one', 5)).toEqual([]);
    expect(await said.words(anna, 'none', 0)).toEqual([]);
    expect(await said.sessions(anna, 0, 10)).toEqual([{ sessionId: 'one' }]);
    expect(await said.sessions({ ...anna, userId: 'bert' }, 0, 10)).toEqual([]);
  });

  it('is not remembered by the demo, nor by a rebuild with it', async () => {
    await manager.close();
    await memory.close();
    await upstream.close();
    await open('demo');
    await talk('I am Anna.');
    await memory.idle();
    expect((await memory.get(anna)).text).toBe('');
    await memory.rebuild(anna);
    await memory.idle();
    expect((await memory.get(anna)).rebuild?.error?.code).toBe('memory_no_model');
  });
});
