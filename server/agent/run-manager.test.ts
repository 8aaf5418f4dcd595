import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import { echoTool, eventTypes } from './testing/harness.ts';
import { ask, createTestManager, keyOf, readAll, readEvents, readUntil, type TestManager } from './testing/manager.ts';
import { type MockReply, type MockScript, type MockUpstream, startMockUpstream } from './testing/mock-upstream.ts';

let upstream: MockUpstream;
let manager: TestManager;
let script: MockScript = [];

beforeEach(async () => {
  script = [];
  upstream = await startMockUpstream({
    script: (request, index) =>
      typeof script === 'function' ? script(request, index) : (script[index] ?? { error: { status: 400 } }),
  });
  manager = await createTestManager(upstream, { tools: [echoTool] });
});
afterEach(async () => {
  await manager.close();
  await upstream.close();
});

async function useStore(wrapStore: (store: AgentrailSessionStore) => AgentrailSessionStore): Promise<void> {
  await manager.close();
  manager = await createTestManager(upstream, { tools: [echoTool], wrapStore });
}

const known = { tenantId: 'default', userId: 'default', sessionId: 'ses_known' };
const hello: MockReply = { blocks: [{ type: 'text', text: 'Hello there.' }] };
const hanging: MockReply = { ...hello, hang: { afterFrames: 1 } };
const echo: MockReply = { blocks: [{ type: 'toolCall', name: 'Echo', args: { text: 'ping' } }] };

async function errorOf(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppError)) throw new Error(`Expected an AppError, got ${error}`);
  return error;
}

describe('a run from start to end', () => {
  test('tells everything in order, numbered from 1, and ends with context_usage', async () => {
    script = [{ ...hello, usage: { input: 1000, output: 24 } }];
    const run = await manager.runs.start(ask('\nHi\nsecond line'));
    const events = await readAll(run);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    expect(eventTypes(events.map(({ event }) => event))).toEqual([
      'session.start',
      'turn.start',
      'message.start',
      'message.end',
      'turn.complete',
      'session.end',
      'context_usage',
    ]);
    expect(events[0]?.event).toMatchObject({ agentId: 'default', model: 'openai:mock-model', runId: run.runId });
    expect(events.at(-1)?.event).toEqual({
      type: 'context_usage',
      inputTokens: 1000,
      outputTokens: 24,
      budgetUsedPct: 0.8,
    });
    expect(run.info()).toMatchObject({ status: 'done', title: 'Hi', turn: 1, activity: '' });
    expect(run.info().usage.totalTokens).toBe(1024);
    expect(run.info().endedAt).toBeTypeOf('number');
  });

  test('a second message continues the session with its whole history', async () => {
    script = [hello, hello];
    const first = await manager.runs.start(ask('First'));
    await readAll(first);
    const second = await manager.runs.start(ask('Second', { sessionId: first.sessionId }));
    await readAll(second);
    expect(second.sessionId).toBe(first.sessionId);
    const sent = JSON.stringify(upstream.requests[1]?.body);
    expect(sent).toContain('First');
    expect(sent).toContain('Hello there.');
    const { messages } = await manager.sessions.loadMessages(keyOf(first));
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
  });

  test('listeners and the list follow the run from its first turn to its end', async () => {
    script = [echo, hello];
    const seen: string[] = [];
    const unsubscribe = manager.runs.subscribe((info) => seen.push(`${info.status} ${info.turn} ${info.activity}`));
    const run = await manager.runs.start(ask('Hi'));
    expect(manager.runs.list().map(({ runId, status }) => [runId, status])).toEqual([[run.runId, 'running']]);
    await readAll(run);
    expect(seen[0]).toBe('running 0 model');
    expect(seen).toContain('running 1 Echo');
    expect(seen.at(-1)).toBe('done 2 ');
    expect(manager.runs.list()).toMatchObject([{ runId: run.runId, status: 'done' }]);
    expect(manager.runs.get(run.runId)?.runId).toBe(run.runId);
    unsubscribe();
    const { length } = seen;
    await readAll(await manager.runs.start(ask('Again')));
    expect(seen).toHaveLength(length);
  });

  test('two sessions run at once', async () => {
    script = () => hanging;
    const [one, two] = await Promise.all([manager.runs.start(ask('One')), manager.runs.start(ask('Two'))]);
    await Promise.all([readUntil(one, 'message.update'), readUntil(two, 'message.update')]);
    expect(manager.runs.list().map(({ status }) => status)).toEqual(['running', 'running']);
  });
});

describe('what is stored when', () => {
  test('the message of the person is stored before anything of the answer is', async () => {
    script = [hello];
    const stored: string[] = [];
    await useStore((store) => ({
      ...store,
      async appendMessages(key, messages) {
        await store.appendMessages(key, messages);
        stored.push(...messages.map(({ role }) => role));
      },
    }));
    await readAll(await manager.runs.start(ask('Hi')));
    expect(stored).toEqual(['user', 'assistant']);
  });

  test('a turn is stored and recorded before the world is told that it is complete', async () => {
    script = [echo, hello];
    const order: string[] = [];
    await useStore((store) => ({
      ...store,
      appendMessages: async (key, messages) => {
        await store.appendMessages(key, messages);
        order.push(`stored ${messages.map(({ role }) => role)}`);
      },
      recordTurn: async (key, turn) => {
        await store.recordTurn(key, turn);
        order.push(`recorded ${turn.turn}`);
      },
      trace: (_key, _runId, { type }) => order.push(type),
    }));
    await readAll(await manager.runs.start(ask('Hi')));
    expect(order.filter((entry) => /^(stored|recorded|turn.complete|session.end)/.test(entry))).toEqual([
      'stored user',
      'stored assistant,toolResult',
      'recorded 1',
      'turn.complete',
      'stored assistant',
      'recorded 2',
      'turn.complete',
      'session.end',
    ]);
  });

  test('the trace holds everything but deltas', async () => {
    script = [hello];
    const traced: string[] = [];
    await useStore((store) => ({ ...store, trace: (_key, _runId, { type }) => traced.push(type) }));
    const events = await readEvents(await manager.runs.start(ask('Hi')));
    expect(traced).toEqual(eventTypes(events));
  });

  test.each(['appendMessages', 'recordTurn', 'loadMessagesWithBudget'] as const)(
    'a disk that refuses %s ends the run with storage_unavailable, without a turn that is not stored',
    async (method) => {
      script = [hello];
      const refuse = () => Promise.reject(new AppError('storage_unavailable', 'The disk is full.', { status: 503 }));
      await useStore((store) => ({ ...store, [method]: refuse }));
      // Of a new session nothing is read.
      await manager.sessions.getOrCreate(known, { agentId: 'default', title: 'Hi' });
      const run = await manager.runs.start(ask('Hi', known));
      const events = await readEvents(run);
      expect(events.filter(({ type }) => type === 'turn.complete')).toEqual([]);
      expect(events.slice(-3)).toMatchObject([
        { type: 'error', error: { code: 'storage_unavailable', message: 'The disk is full.' } },
        { type: 'session.end', stopReason: 'error' },
        { type: 'context_usage' },
      ]);
      expect(run.info().status).toBe('error');
    },
  );

  test('a disk that refuses is told also when the run is being aborted', async () => {
    await useStore((store) => ({
      ...store,
      appendMessages: async () => {
        for (const { runId } of manager.runs.list()) manager.runs.abort(runId, 'test');
        throw new AppError('storage_unavailable', 'The disk is full.', { status: 503 });
      },
    }));
    const events = await readEvents(await manager.runs.start(ask('Hi')));
    expect(events.at(-2)).toMatchObject({ type: 'session.end', stopReason: 'error' });
  });

  test('a disk that refuses the session itself refuses the run and frees the session', async () => {
    script = [hello];
    let isBroken = true;
    // A store that tells nothing before it has stored.
    await useStore(({ begin: _, ...store }) => ({
      ...store,
      getOrCreate: (key, init) =>
        isBroken
          ? Promise.reject(new AppError('storage_unavailable', 'The disk is full.', { status: 503 }))
          : store.getOrCreate(key, init),
    }));
    const request = ask('Hi', { sessionId: 'ses_1' });
    expect((await errorOf(manager.runs.start(request))).code).toBe('storage_unavailable');
    isBroken = false;
    expect((await readEvents(await manager.runs.start(request))).at(-2)).toMatchObject({ stopReason: 'stop' });
  });
});

describe('what is refused', () => {
  test('a session with a run answers session_busy with the id of that run, and is free again afterwards', async () => {
    script = [hanging, hello];
    const run = await manager.runs.start(ask('Hi'));
    await readUntil(run, 'message.update');
    const again = ask('Again', { sessionId: run.sessionId });
    expect(await errorOf(manager.runs.start(again))).toMatchObject({
      code: 'session_busy',
      status: 409,
      details: { runId: run.runId },
    });
    manager.runs.abort(run.runId, 'test');
    await run.done;
    expect((await readEvents(await manager.runs.start(again))).at(-2)).toMatchObject({ stopReason: 'stop' });
  });

  test('two messages for one new session at the same instant start one run', async () => {
    script = () => hello;
    const request = ask('Hi', { sessionId: 'ses_same' });
    const started = await Promise.allSettled([manager.runs.start(request), manager.runs.start(request)]);
    expect(started.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('a session of another user looks like a missing one, whether it is busy or not', async () => {
    script = [hanging];
    const run = await manager.runs.start(ask('Hi'));
    const foreign = ask('Hi', { sessionId: run.sessionId, userId: 'mallory' });
    const whileBusy = await errorOf(manager.runs.start(foreign));
    manager.runs.abort(run.runId, 'test');
    await run.done;
    const afterwards = await errorOf(manager.runs.start(foreign));
    expect(whileBusy).toMatchObject({ code: 'session_not_found', status: 404 });
    expect(whileBusy.message).toBe(afterwards.message);
    expect(whileBusy.details).toEqual(afterwards.details);
  });

  test('more runs than server.maxConcurrentRuns answer too_many_runs', async () => {
    script = () => hanging;
    manager.config.server.maxConcurrentRuns = 2;
    await manager.runs.start(ask('One'));
    const second = await manager.runs.start(ask('Two'));
    expect(await errorOf(manager.runs.start(ask('Three')))).toMatchObject({ code: 'too_many_runs', status: 429 });
    manager.runs.abort(second.runId, 'test');
    await second.done;
    await expect(manager.runs.start(ask('Three'))).resolves.toBeDefined();
  });

  test('an unknown agent answers agent_not_found with those there are, and makes no session', async () => {
    manager.config.agents = { coder: { name: 'Coder' } };
    const error = await errorOf(manager.runs.start(ask('Hi', { agentId: 'nobody' })));
    expect(error).toMatchObject({ code: 'agent_not_found', status: 404, details: { agents: ['default', 'coder'] } });
    expect((await manager.sessions.list({ limit: 10 })).sessions).toEqual([]);
  });

  test('an unknown provider answers unknown_provider, and makes no session', async () => {
    const error = await errorOf(manager.runs.start(ask('Hi', { model: 'nowhere:model' })));
    expect(error).toMatchObject({ code: 'unknown_provider', status: 400 });
    expect((await manager.sessions.list({ limit: 10 })).sessions).toEqual([]);
  });
});

describe('profiles', () => {
  test('an agent brings its prompt, its model and only its tools, and stays with its session', async () => {
    script = () => hello;
    manager.config.agents = {
      pirate: { prompt: 'Talk like a pirate.', model: 'openai:pirate-model', tools: [] },
    };
    const run = await manager.runs.start(ask('Hi', { agentId: 'pirate' }));
    await readAll(run);
    await readAll(await manager.runs.start(ask('More', { sessionId: run.sessionId })));
    for (const request of upstream.requests) {
      expect(request.body).toMatchObject({ model: 'pirate-model' });
      expect(request.body).not.toHaveProperty('tools');
      expect(JSON.stringify(request.body)).toContain('Talk like a pirate.');
    }
    expect(upstream.requests).toHaveLength(2);
  });

  test('a session goes on with its agent even when the default model would not do', async () => {
    script = () => hello;
    manager.config.agents = { pirate: { model: 'openai:pirate-model' } };
    const run = await manager.runs.start(ask('Hi', { agentId: 'pirate' }));
    await readAll(run);
    manager.config.llm.provider = 'gone';
    manager.config.llm.baseUrl = undefined;
    manager.config.providers = { openai: { type: 'openai', baseUrl: upstream.baseUrl } };
    await readAll(await manager.runs.start(ask('More', { sessionId: run.sessionId })));
    expect(upstream.requests.at(-1)?.body).toMatchObject({ model: 'pirate-model' });
  });

  test('the prompt file is read at every run; when it cannot be, the run ends with a sentence without its path', async () => {
    script = () => hello;
    const files: Record<string, string> = { '/etc/prompt.md': 'From the file.' };
    await manager.close();
    manager = await createTestManager(upstream, {
      readFile: async (path) => files[path] ?? Promise.reject(new Error(`ENOENT ${path}`)),
    });
    manager.config.agents = { filed: { promptFile: '/etc/prompt.md' } };
    await readAll(await manager.runs.start(ask('Hi', { agentId: 'filed' })));
    expect(JSON.stringify(upstream.requests[0]?.body)).toContain('From the file.');
    delete files['/etc/prompt.md'];
    const events = await readEvents(await manager.runs.start(ask('Hi', { agentId: 'filed' })));
    const fault = events.find(({ type }) => type === 'error');
    expect(fault).toMatchObject({ error: { code: 'prompt_file_unreadable' } });
    expect(JSON.stringify(fault)).not.toContain('/etc');
  });
});
