import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type MockUpstream, startMockUpstream } from '../agent/testing/mock-upstream.ts';
import { defineProfile, defineTool, type EmbeddedAgentrail, type EmbedOptions, embedAgentrail } from '../index.ts';
import type { Plugin } from '../plugins/plugin.ts';

/** The server as other programs embed it: own app, own tool, own plugin, own sink. */

let dataDir: string;
let upstream: MockUpstream;
let agentrail: EmbeddedAgentrail | undefined;

beforeEach(async () => {
  vi.stubEnv('OPENAI_API_KEY', 'test-key');
  dataDir = await mkdtemp(join(tmpdir(), 'agentrail-embed-'));
  upstream = await startMockUpstream({
    script: (_request, index) =>
      index === 0
        ? { blocks: [{ type: 'toolCall', name: 'Roll', args: { sides: 6 } }] }
        : { blocks: [{ type: 'text', text: 'You rolled a four.' }] },
  });
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await agentrail?.shutdown('now');
  agentrail = undefined;
  await upstream.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function open(options: EmbedOptions = {}): Promise<EmbeddedAgentrail> {
  agentrail = await embedAgentrail({
    dataDir,
    configPath: join(dataDir, 'agentrail.yaml'),
    ...options,
    settings: {
      'llm.provider': 'openai',
      'llm.baseUrl': upstream.baseUrl,
      'llm.modelId': 'mock-model',
      'sandbox.dockerHost': `unix://${dataDir}/none.sock`,
      'sandbox.warmPool': 0,
      ...options.settings,
    },
  });
  return agentrail;
}

const rollTool = defineTool({
  name: 'Roll',
  description: 'Rolls a die.',
  inputSchema: z.object({ sides: z.number() }),
  reach: 'inform',
  execute: async ({ sides }) => ({ content: [{ type: 'text', text: `4 of ${sides}` }] }),
});

const post = (body: object, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

test('an own app with an own tool, plugin, profile, context and sink answers in full', async () => {
  const seen: string[] = [];
  const events: string[] = [];
  const logs: string[] = [];
  const plugin: Plugin = {
    name: 'loader',
    version: '1.0.0',
    start: () => void seen.push('start'),
    stop: () => void seen.push('stop'),
    onBeforeToolCall: ({ input }) => ({ decision: 'rewrite', input: { ...input, sides: 20 } }),
    onRequestEnd: (_run, { stopReason }) => void seen.push(stopReason),
    routes: (app) => void app.get('/odds', (c) => c.text('even')),
  };
  const { fetch } = await open({
    profiles: [
      defineProfile({ id: 'dice', prompt: ({ userId }) => `You play with ${userId}.`, tools: [rollTool] }),
      defineProfile({ id: 'idle', tools: [] }),
    ],
    resolveProfile: ({ tenantId }) => (tenantId === 'casino' ? 'dice' : undefined),
    contextProviders: [{ name: 'table', provide: () => 'The table is green.' }],
    plugins: [plugin],
    sinks: [
      {
        name: 'broken',
        onEvent: () => {
          throw new Error('sink');
        },
        onLog: () => {
          throw new Error('sink');
        },
      },
      { name: 'mine', onEvent: ({ type }) => void events.push(type), onLog: ({ msg }) => void logs.push(msg) },
    ],
  });
  const app = new Hono().mount('/agent', fetch);
  const response = await app.request(
    'http://localhost/agent/api/chat',
    post({ message: 'Roll', tenantId: 'casino', userId: 'ada' }),
  );
  const answer = (await response.json()) as { text: string; sessionId: string };
  expect(answer.text).toBe('You rolled a four.');
  expect(JSON.stringify(upstream.requests[0]?.body)).toContain('You play with ada.');
  expect(JSON.stringify(upstream.requests[0]?.body)).toContain('The table is green.');
  expect(JSON.stringify(upstream.requests[1]?.body)).toContain('4 of 20');
  expect(await (await app.request('http://localhost/agent/plugins/loader/odds')).text()).toBe('even');
  const agents = (await (await app.request('http://localhost/agent/api/agents')).json()) as {
    agents: { id: string }[];
  };
  expect(agents.agents.map(({ id }) => id)).toEqual(['default', 'deep-research', 'researcher', 'dice', 'idle']);
  expect(events.filter((type) => type !== 'message.update').slice(0, 2)).toEqual(['session.start', 'turn.start']);
  expect(events.at(-1)).toBe('context_usage');
  expect(logs.some((msg) => msg.startsWith('Run started'))).toBe(true);
  expect(logs.filter((msg) => msg.includes('telemetry sink broken failed in onEvent'))).toHaveLength(1);
  await agentrail?.shutdown();
  expect(seen).toEqual(['start', 'stop', 'stop']);
});

test('an inspector reads sessions, messages and traces, over HTTP and in process', async () => {
  const { fetch, sessions, runs } = await open({ tools: [rollTool] });
  const told: string[] = [];
  runs.subscribe(({ status }) => told.push(status));
  const answer = await fetch(new Request('http://localhost/api/chat', post({ message: 'Roll' })));
  const { sessionId, runId } = (await answer.json()) as { sessionId: string; runId: string };
  const get = async (path: string) => (await fetch(new Request(`http://localhost${path}`))).json();
  expect(await get('/api/sessions')).toMatchObject({ sessions: [{ sessionId, turns: 2 }] });
  expect(await get(`/api/sessions/${sessionId}`)).toMatchObject({ sessionId, title: 'Roll' });
  const { messages } = (await get(`/api/sessions/${sessionId}/messages`)) as { messages: { role: string }[] };
  expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'toolResult', 'assistant']);
  expect(JSON.stringify(await get(`/api/sessions/${sessionId}/trace`))).toContain('tool.after');
  const key = { tenantId: 'default', userId: 'default', sessionId };
  expect((await sessions.readTrace(key, { limit: 1 })).events[0]).toMatchObject({ runId });
  expect(runs.list()[0]).toMatchObject({ runId, status: 'done' });
  expect(told.at(-1)).toBe('done');
});

test('own readiness checks are part of /ready: one that fails makes it 503', async () => {
  let isUp = true;
  const { fetch } = await open({
    readinessChecks: [
      {
        name: 'ledger',
        check: () => {
          if (!isUp) throw new Error('The ledger is closed.');
          return undefined;
        },
      },
      { name: 'printer', check: () => ({ status: 'warn', message: 'No paper.' }) },
    ],
  });
  const ready = () => fetch(new Request('http://localhost/ready'));
  const first = await ready();
  expect(first.status).toBe(200);
  expect(((await first.json()) as { checks: object[] }).checks).toContainEqual(
    expect.objectContaining({ name: 'printer', status: 'warn', error: 'No paper.' }),
  );
  isUp = false;
  const second = await ready();
  expect(second.status).toBe(503);
  expect(JSON.stringify(await second.json())).toContain('The ledger is closed.');
});

test.each([
  ['loopback', 'localhost', 200],
  ['loopback', 'shop.example', 421],
  ['token', 'localhost', 401],
  ['trusted', 'shop.example', 200],
] as const)('access %s answers a request to %s with %i', async (access, host, status) => {
  const { fetch } = await open({ access });
  expect((await fetch(new Request(`http://${host}/api/sessions`))).status).toBe(status);
});

test('a plugin that must run and cannot ends the start, and lets go of the data directory', async () => {
  const guard: Plugin = {
    name: 'guard',
    version: '1',
    critical: true,
    start: () => Promise.reject(new Error('no rules')),
  };
  await expect(open({ plugins: [guard] })).rejects.toMatchObject({ code: 'plugin_start_failed' });
  await open();
  expect((await agentrail?.readiness())?.status).toBe('ready');
});

test('one that cannot be loaded from the settings leaves a server that warns', async () => {
  const { readiness } = await open({ settings: { plugins: ['slash-commands', './gone.ts'] } });
  const { status, checks } = await readiness();
  expect(status).toBe('ready');
  expect(checks.at(-1)).toMatchObject({ status: 'warn', error: expect.stringContaining('There is no plugin file') });
});

test('a shutdown refuses new messages, and can be asked for twice', async () => {
  const { runs, shutdown } = await open();
  await Promise.all([shutdown(), shutdown('now')]);
  await expect(runs.start({ message: 'late', tenantId: 'default', userId: 'default' })).rejects.toMatchObject({
    code: 'draining',
  });
});
