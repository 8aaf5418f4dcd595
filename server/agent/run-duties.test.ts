import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../contract/config.ts';
import type { RunEvent } from '../contract/events.ts';
import { systemClock } from '../lib/clock.ts';
import type { Sandbox, SandboxManager } from '../sandbox/sandbox.ts';
import type { LogContext, Logger } from '../telemetry/logger.ts';
import type { Run } from './run.ts';
import { createRunShelf } from './run-shelf.ts';
import { noUsage } from './run-usage.ts';
import { echoTool, eventTypes, redactorOf, secretsOf, textResult } from './testing/harness.ts';
import { ask, createTestManager, readAll, readEvents, readUntil, type TestManager } from './testing/manager.ts';
import { type MockReply, type MockUpstream, startMockUpstream } from './testing/mock-upstream.ts';
import { defineTool } from './tools/tool.ts';

let upstream: MockUpstream;
let manager: TestManager;
afterEach(async () => {
  await manager.close();
  await upstream.close();
});

async function setUp(script: MockReply[], options: Parameters<typeof createTestManager>[1] = {}, keys?: string[]) {
  upstream = await startMockUpstream({ script, ...(keys ? { keys } : {}) });
  manager = await createTestManager(upstream, { tools: [echoTool], ...options });
}

const hello: MockReply = { blocks: [{ type: 'text', text: 'Hello there.' }] };
const callOf = (name: string): MockReply => ({ blocks: [{ type: 'toolCall', name, args: { text: 'x' } }] });

/** Collects lines as `component runId message`. */
function collectingLogger(lines: string[], context: LogContext = {}): Logger {
  const log = (msg: string) => lines.push(`${context.component} ${context.runId} ${msg}`);
  return {
    log: (_level, msg) => log(msg),
    debug: log,
    info: log,
    warn: log,
    error: log,
    child: (more) => collectingLogger(lines, { ...context, ...more }),
  };
}

describe('keys', () => {
  test('a key that is changed between two turns is used by the second', async () => {
    const keys = ['first-key'];
    const values: Record<string, string> = { OPENAI_API_KEY: 'first-key' };
    const rotate = defineTool({
      name: 'Rotate',
      description: 'Changes the key.',
      inputSchema: z.object({}),
      execute: async () => {
        values.OPENAI_API_KEY = 'second-key';
        keys[0] = 'second-key';
        return textResult('changed');
      },
    });
    const secrets = { ...secretsOf(values), report: () => undefined };
    await setUp([callOf('Rotate'), hello], { tools: [rotate], secrets }, keys);
    const run = await manager.runs.start(ask('Hi'));
    await readAll(run);
    expect(run.info().status).toBe('done');
    expect(upstream.requests.map(({ key }) => key)).toEqual(['first-key', 'second-key']);
  });

  test('what a provider says of a key is reported: accepted once per run, rejected with its status', async () => {
    await setUp([callOf('Echo'), hello, { error: { status: 401, type: 'authentication_error' } }]);
    await readAll(await manager.runs.start(ask('Hi')));
    expect(manager.reports).toMatchObject([{ name: 'OPENAI_API_KEY', result: { outcome: 'accepted' } }]);
    const events = await readEvents(await manager.runs.start(ask('Hi')));
    expect(manager.reports[1]).toMatchObject({ result: { outcome: 'rejected', status: 401 } });
    expect(events.slice(-3)).toMatchObject([
      { type: 'error', error: { code: 'provider_auth' } },
      { type: 'session.end', stopReason: 'error' },
      { type: 'context_usage' },
    ]);
  });
});

describe('tools of a run', () => {
  const sandboxed = defineTool({
    name: 'Sandboxed',
    description: 'Needs the sandbox.',
    inputSchema: z.object({}),
    execute: async (_input, context) => textResult((await context.sandbox()).info.id),
  });

  test('work in the sandbox of their session', async () => {
    const asked: object[] = [];
    const box = { info: { id: 'box-1' } } as Sandbox;
    const sandboxes = {
      acquire: async (owner: object) => {
        asked.push(owner);
        return box;
      },
    } as unknown as SandboxManager;
    await setUp([callOf('Sandboxed'), hello], { tools: [sandboxed], sandboxes });
    const run = await manager.runs.start(ask('Hi', { tenantId: 'acme' }));
    const events = await readEvents(run);
    expect(asked).toMatchObject([{ tenantId: 'acme', sessionId: run.sessionId }]);
    expect(events.find(({ type }) => type === 'tool.after')).toMatchObject({ result: textResult('box-1') });
  });

  test('say what is missing when there is no sandbox, and the run goes on', async () => {
    await setUp([callOf('Sandboxed'), hello], { tools: [sandboxed] });
    const run = await manager.runs.start(ask('Hi'));
    const events = await readEvents(run);
    expect(events.find(({ type }) => type === 'tool.after')).toMatchObject({
      isError: true,
      result: { details: { code: 'sandbox_unavailable' } },
    });
    expect(run.info().status).toBe('done');
  });

  test('and the run itself leave log lines that carry the run', async () => {
    const lines: string[] = [];
    const bash = defineTool({
      name: 'Bash',
      description: 'Runs.',
      inputSchema: z.object({}),
      execute: async () => ({ ...textResult('ok'), details: { exitCode: 0 } }),
    });
    await setUp([callOf('Bash'), hello], { tools: [bash], logger: collectingLogger(lines) });
    const run = await manager.runs.start(ask('Hi'));
    await readAll(run);
    expect(lines).toContain(`provider ${run.runId} openai:mock-model answered`);
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^tool ${run.runId} Bash exit 0 in \\d+ ms$`)));
    expect(lines[0]).toBe(`run ${run.runId} Run started with openai:mock-model`);
    expect(lines.at(-1)).toBe(`run ${run.runId} Run ended: stop`);
  });

  test('an error that leaves the server holds no secret', async () => {
    await setUp([{ error: { status: 400, message: 'You sent test-key-openai' } }], {
      redactor: redactorOf({ OPENAI_API_KEY: 'test-key-openai' }),
    });
    const run = await manager.runs.start(ask('Hi'));
    const events: RunEvent[] = await readEvents(run);
    expect(JSON.stringify(events)).not.toContain('test-key-openai');
    expect(JSON.stringify(events)).toContain('[redacted OPENAI_API_KEY]');
  });
});

describe('readers', () => {
  test('a run whose reader never arrives is aborted', async () => {
    const sleeps: number[] = [];
    const clock = {
      ...systemClock,
      sleep: (ms: number, signal?: AbortSignal) => {
        sleeps.push(ms);
        return ms === 5000 ? systemClock.sleep(20, signal) : systemClock.sleep(ms, signal);
      },
    };
    await setUp([{ ...hello, hang: { afterFrames: 1 } }], { clock });
    manager.config.runs.disconnectGraceMs = 0;
    const run = await manager.runs.start(ask('Hi'));
    await run.done;
    expect(run.info().status).toBe('aborted');
    expect(sleeps).toContain(5000);
  });

  test('a reader that resumes a long run from its beginning gets a snapshot, then every later event to the end', async () => {
    const long = 'x'.repeat(3 * 1024 * 1024);
    const big = defineTool({
      name: 'Big',
      description: 'Prints a lot.',
      inputSchema: z.object({}),
      // What a model gets is cut; what people get is not.
      execute: async () => ({ ...textResult('long'), details: { long } }),
    });
    await setUp([callOf('Big'), callOf('Big'), hello], { tools: [big] });
    const run = await manager.runs.start(ask('Hi'));
    await readUntil(run, 'session.end');
    await run.done;
    const events = await readAll(run);
    const [first, ...rest] = events;
    if (first?.event.type !== 'snapshot') throw new Error(`Expected a snapshot, got ${first?.event.type}`);
    // The second turn is not in the snapshot, for its own event is still there.
    expect(first.event.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'toolResult']);
    expect(rest.filter(({ event }) => event.type === 'turn.complete')).toMatchObject([
      { event: { turn: 2 } },
      { event: { turn: 3 } },
    ]);
    expect(rest.map(({ sequence }) => sequence)).toEqual(rest.map((_, index) => first.sequence + 1 + index));
    expect(eventTypes(rest.map(({ event }) => event)).slice(-2)).toEqual(['session.end', 'context_usage']);
  });
});

describe('the shelf of ended runs', () => {
  const runOf = (runId: string, endedAt: number) =>
    ({
      runId,
      info: () => ({ runId, endedAt, status: 'done', usage: noUsage() }),
    }) as unknown as Run;

  test('keeps summaries for ten minutes and the events of the latest few', async () => {
    await setUp([]);
    let now = 0;
    const shelf = createRunShelf({ ...systemClock, now: () => now });
    for (let index = 0; index < 20; index += 1) shelf.put(runOf(`run_${index}`, now));
    expect(shelf.infos()).toHaveLength(20);
    expect(shelf.get('run_0')).toBeUndefined();
    expect(shelf.has('run_0')).toBe(true);
    expect(shelf.get('run_19')).toBeDefined();
    now = 10 * 60_000 + 1;
    expect(shelf.infos()).toEqual([]);
    expect(shelf.get('run_19')).toBeUndefined();
  });

  test('is bounded however many runs end', async () => {
    await setUp([]);
    const shelf = createRunShelf({ ...systemClock, now: () => 0 });
    for (let index = 0; index < 2000; index += 1) shelf.put(runOf(`run_${index}`, 0));
    expect(shelf.infos()).toHaveLength(500);
    expect(shelf.infos().at(-1)?.runId).toBe('run_1999');
  });
});

test('the configuration in force is asked at every run', async () => {
  const config = configSchema.parse({ llm: { provider: 'demo' } });
  await setUp([hello], { config: () => config });
  expect((await manager.runs.start(ask('Hi'))).info().model).toBe('demo:demo');
  config.llm = { ...config.llm, provider: 'openai', modelId: 'other', baseUrl: upstream.baseUrl };
  expect((await manager.runs.start(ask('Hi'))).info().model).toBe('openai:other');
});
