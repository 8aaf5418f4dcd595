import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RunHandle, RunManager } from './agent/runs.ts';
import { createTestManager, type TestManager } from './agent/testing/manager.ts';
import { type MockUpstream, startMockUpstream } from './agent/testing/mock-upstream.ts';
import { createAgentApp } from './app.ts';
import { configSchema } from './contract/config.ts';
import type { NumberedEvent } from './contract/events.ts';
import { type Listening, listen } from './http/listen.ts';
import { createFakeRuns } from './http/testing/fake-runs.ts';
import { createFakeSessions } from './http/testing/fake-sessions.ts';
import { silentLogger } from './telemetry/logger.ts';

/** Readers that do not read, and readers that have nothing to read: counted on real sockets. */
const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

async function serve(runs: RunManager): Promise<Listening> {
  const app = createAgentApp({
    runs,
    sessions: createFakeSessions(),
    readiness: async () => ({ status: 'ready', checks: [] }),
    agents: () => [],
    config: () => configSchema.parse({}),
    token: () => undefined,
    bindAddress: () => ({ host: '127.0.0.1', port: 0 }),
    logger: silentLogger,
    edge: 'http',
  });
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  closings.push(() => server.close(0));
  return server;
}

async function post({ port }: Listening, message = 'hello', agent?: Agent): Promise<IncomingMessage> {
  const headers = { 'Content-Type': 'application/json' };
  const options = { host: '127.0.0.1', port, method: 'POST', path: '/api/stream', headers };
  const sent = request({ ...options, agent: agent ?? false });
  sent.on('error', () => undefined);
  sent.end(JSON.stringify({ message }));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  return response;
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return text;
}

describe('a reader that stops reading', () => {
  const pieces = 128;
  const piece = 'x'.repeat(128 * 1024);
  let upstream: MockUpstream;
  let manager: TestManager;

  /** The real run manager; counts what each stream takes out of its run. */
  async function setUp() {
    upstream = await startMockUpstream({
      script: (recorded) =>
        JSON.stringify(recorded.body).includes('much')
          ? { blocks: [{ type: 'text', text: piece.repeat(pieces) }], pieceLength: piece.length }
          : { blocks: [{ type: 'text', text: 'short' }] },
    });
    manager = await createTestManager(upstream);
    closings.push(() => upstream.close());
    closings.push(() => manager.close());
    const takenBytes = new Map<string, number>();
    const counted = (run: RunHandle): RunHandle => ({
      ...run,
      async *events(after): AsyncGenerator<NumberedEvent> {
        for await (const event of run.events(after)) {
          takenBytes.set(run.runId, (takenBytes.get(run.runId) ?? 0) + JSON.stringify(event).length);
          yield event;
        }
      },
    });
    const runs: RunManager = {
      ...manager.runs,
      start: async (wanted, extras) => counted(await manager.runs.start(wanted, extras)),
    };
    return { server: await serve(runs), takenBytes };
  }

  it('holds back neither its run nor others, and takes no more than sockets hold', async () => {
    const { server, takenBytes } = await setUp();
    const stuck = await post(server, 'much, please');
    stuck.pause();
    const runId = String(stuck.headers['x-run-id']);
    const run = manager.runs.get(runId);
    // The run comes to its end while nobody reads it, and others are answered meanwhile.
    expect(await textOf(await post(server, 'a word'))).toContain('"stopReason":"stop"');
    await run?.done;
    expect(run?.info().status).toBe('done');
    let before = -1;
    while (before !== takenBytes.get(runId)) {
      before = takenBytes.get(runId) ?? 0;
      await sleep(50);
    }
    expect(before).toBeLessThan((pieces * piece.length) / 2);

    // It reads on, and gets what it missed and one end.
    const events = (await textOf(stuck))
      .split('\n\n')
      .map((frame) => frame.split('\ndata: ')[1])
      .filter((data) => data !== undefined)
      .map((data): { type: string; messages?: { role: string; content: unknown }[] } => JSON.parse(data));
    const types = events.map(({ type }) => type);
    const snapshot = events.find(({ type }) => type === 'snapshot');
    expect(snapshot?.messages?.map(({ role }) => role)).toContain('user');
    expect(types.filter((type) => type === 'session.end')).toHaveLength(1);
    expect(types.at(-1)).toBe('context_usage');
  });
});

describe('streams that have nothing to say', () => {
  const count = 1000;

  it('are held by the thousand, each hears what comes, and nothing of them is left', async () => {
    const runs = createFakeRuns();
    const server = await serve(runs);
    const agent = new Agent({ maxSockets: count });
    closings.push(async () => agent.destroy());
    const resources = () => process.getActiveResourcesInfo().length;
    const before = resources();
    const responses: IncomingMessage[] = [];
    for (let begun = 0; begun < count; begun += 100) {
      responses.push(...(await Promise.all(Array.from({ length: 100 }, () => post(server, 'hello', agent)))));
    }
    expect(runs.runs).toHaveLength(count);
    const texts = responses.map(textOf);
    for (const run of runs.runs) run.emit({ type: 'turn.start', turn: 1 });
    await vi.waitFor(() => expect(runs.runs.every(({ taken }) => taken === 1)).toBe(true));
    for (const run of runs.runs) run.end();
    for (const text of await Promise.all(texts)) expect(text).toBe('id: 1\ndata: {"type":"turn.start","turn":1}\n\n');
    await server.close(0);
    agent.destroy();
    await expect.poll(resources).toBeLessThanOrEqual(before + 2);
  });

  it('are let go of when their readers leave all at once', async () => {
    const runs = createFakeRuns();
    const server = await serve(runs);
    const agent = new Agent({ maxSockets: 200 });
    await Promise.all(Array.from({ length: 200 }, () => post(server, 'hello', agent)));
    agent.destroy();
    await Promise.all(runs.runs.map(({ left }) => left));
    await server.close(0);
  });
});
