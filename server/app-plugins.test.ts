import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, keyOf, readEvents } from './agent/testing/manager.ts';
import { type MockUpstream, startMockUpstream } from './agent/testing/mock-upstream.ts';
import { createAgentApp } from './app.ts';
import type { Plugin } from './plugins/plugin.ts';
import { slashCommands } from './plugins/shipped/slash-commands.ts';
import { createPluginBench, type PluginBench } from './plugins/testing/plugin-bench.ts';
import type { TokenGrant } from './secrets/api-tokens.ts';
import { silentLogger } from './telemetry/logger.ts';

let upstream: MockUpstream;
let bench: PluginBench;
let app: ReturnType<typeof createAgentApp>;
let token: string | undefined;

const counter: Plugin = {
  name: 'counter',
  version: '1.0.0',
  routes(own) {
    own.get('/count', (c) => c.json({ count: 7 }));
    own.all('/any', (c) => c.text('any'));
    own.get('/broken', () => {
      throw new Error('secret words');
    });
  },
};

const grants: Record<string, TokenGrant> = {
  art_admin: { id: '1', name: 'a', scopes: ['admin'], bound: {} } as unknown as TokenGrant,
  art_bound: { id: '2', name: 'b', scopes: ['admin'], bound: { tenantId: 'acme' } } as unknown as TokenGrant,
  art_chat: { id: '3', name: 'c', scopes: ['chat', 'read'], bound: {} } as unknown as TokenGrant,
};

beforeEach(async () => {
  token = undefined;
  upstream = await startMockUpstream({ script: () => ({ blocks: [{ type: 'text', text: 'from the model' }] }) });
  bench = await createPluginBench([slashCommands(), counter], upstream, { modelNames: () => ['openai:mock-model'] });
  app = createAgentApp({
    runs: bench.manager.runs,
    sessions: bench.manager.sessions,
    readiness: async () => ({ status: 'ready', checks: [] }),
    agents: () => [{ id: 'default', name: 'x', model: 'openai:mock-model' }],
    config: () => bench.manager.config,
    token: () => token,
    tokens: { find: (sent) => grants[sent.toString()] },
    bindAddress: () => ({ host: '127.0.0.1', port: 3000 }),
    logger: silentLogger,
    edge: 'http',
    pluginRoutes: bench.host.routes,
  });
});

afterEach(async () => {
  await bench.close();
  await upstream.close();
});

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  app.request(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

async function chat(message: string, sessionId?: string): Promise<{ text: string; sessionId: string }> {
  const response = await post('/api/chat', { message, ...(sessionId && { sessionId }) });
  expect(response.status).toBe(200);
  return (await response.json()) as { text: string; sessionId: string };
}

describe('slash commands', () => {
  it.each(['/api/chat', '/chat'])('are answered on %s without a model', async (path) => {
    const answer = (await (await post(path, { message: '/help' })).json()) as { text: string; usage: object };
    expect(answer.text).toContain('`/reset`');
    expect(answer.usage).toMatchObject({ totalTokens: 0 });
    expect(upstream.requests).toEqual([]);
  });

  it.each(['/api/stream', '/stream'])('are answered on %s as a stream', async (path) => {
    const text = await (await post(path, { message: '/help' })).text();
    expect(text).toContain('"type":"message.end"');
    expect(text).toContain('`/model');
    expect(text.trimEnd().split('\n').at(-1)).toContain('"type":"context_usage"');
    expect(upstream.requests).toEqual([]);
  });

  it.each([false, true])('are answered to OpenAI clients (stream %s)', async (stream) => {
    const body = { model: 'default', stream, messages: [{ role: 'user', content: '/help' }] };
    expect(await (await post('/v1/chat/completions', body)).text()).toContain('/compact');
    expect(upstream.requests).toEqual([]);
  });

  it.each(['/etc/passwd is what?', '/helper', '/help me please', 'say /help', '/HELP', '/', '/reset\nnow'])(
    'leave %j to the model',
    async (message) => {
      expect((await chat(message)).text).toBe('from the model');
    },
  );

  it('/reset starts over; the words stay in the archive, and the model does not see them', async () => {
    const { sessionId } = await chat('the magic word is xyzzy');
    const key = { tenantId: 'default', userId: 'default', sessionId };
    await bench.manager.sessions.writeMemory(key, 'NOTES.md', 'noted: xyzzy');
    expect((await chat('/reset', sessionId)).text).toContain('We start over');
    await chat('hello again', sessionId);
    expect(JSON.stringify(upstream.requests.at(-1)?.body)).not.toContain('xyzzy');
    const { messages } = await bench.manager.sessions.loadAllMessages(key);
    expect(JSON.stringify(messages)).toContain('xyzzy');
    expect((await bench.manager.sessions.readArtifact(key, 'NOTES.md.0001')).text).toBe('noted: xyzzy');
  });

  it('/reset of a new session, and a second one, say that there is nothing to forget', async () => {
    const { text, sessionId } = await chat('/reset');
    expect(text).toContain('nothing to forget');
    await chat('hi', sessionId);
    await chat('/reset', sessionId);
    expect((await chat('/reset', sessionId)).text).toContain('nothing to forget');
  });

  it('/compact shortens, and says why when it cannot', async () => {
    const { sessionId } = await chat('one');
    expect((await chat('/compact', sessionId)).text).toContain('too short');
    await chat('two', sessionId);
    expect((await chat('/compact', sessionId)).text).toMatch(/^Shortened from 4 messages to \d/);
  });

  it('/model chooses for this session alone, also after a restart, and goes back', async () => {
    const { sessionId } = await chat('hi');
    expect((await chat('/model', sessionId)).text).toContain('talks to `openai:mock-model`.');
    expect((await chat('/model openai:other-model', sessionId)).text).toContain('`openai:other-model`, chosen for it');
    const runs = bench.manager.restartRuns();
    await readEvents(await runs.start(ask('hi', { sessionId })));
    expect(upstream.requests.at(-1)?.body).toMatchObject({ model: 'other-model' });
    await readEvents(await runs.start(ask('hi')));
    expect(upstream.requests.at(-1)?.body).toMatchObject({ model: 'mock-model' });
    expect((await chat('/model default', sessionId)).text).toContain('talks to `openai:mock-model`.');
  });

  it('/model refuses what there is not, and helps out of a model that is gone', async () => {
    const { sessionId } = await chat('hi');
    bench.manager.config.providers = { mine: { type: 'openai-compatible', baseUrl: upstream.baseUrl } };
    await chat('/model mine:m', sessionId);
    bench.manager.config.providers = {};
    expect((await post('/api/chat', { message: 'hi', sessionId })).status).toBe(400);
    expect((await chat('/model', sessionId)).text).toContain('cannot be asked');
    expect((await chat('/model nobody:x', sessionId)).text).toContain('nobody');
    await chat('/model default', sessionId);
    expect((await chat('hi', sessionId)).text).toBe('from the model');
  });

  it('of another person’s session are refused like one that is not there', async () => {
    const { sessionId } = await chat('mine');
    const response = await post('/api/chat', { message: '/reset', sessionId, userId: 'eve' });
    expect(response.status).toBe(404);
    const key = { tenantId: 'default', userId: 'default', sessionId };
    expect((await bench.manager.sessions.loadMessages(key)).messages).toHaveLength(2);
  });

  it('are no turn of the session', async () => {
    const run = await bench.manager.runs.start(ask('/help'));
    await readEvents(run);
    expect((await bench.manager.sessions.get(keyOf(run))).turns).toBe(0);
  });
});

describe('routes of plugins', () => {
  const get = (path: string, bearer?: string) =>
    app.request(path, bearer === undefined ? {} : { headers: { Authorization: `Bearer ${bearer}` } });

  it('are found below the plugin’s name, and errors in them keep their words', async () => {
    expect(await (await get('/plugins/counter/count')).json()).toEqual({ count: 7 });
    const broken = await get('/plugins/counter/broken');
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toContain('secret words');
    expect(bench.counted).toEqual(['counter routes']);
    expect((await get('/plugins/other/count')).status).toBe(404);
  });

  it.each(['/plugins/counter/count', '/plugins/counter/any'])('%s asks for the bearer token', async (path) => {
    token = 'right';
    expect((await get(path)).status).toBe(401);
    expect((await get(path, 'wrong')).status).toBe(401);
    expect((await get(path, 'right')).status).toBe(200);
  });

  it.each(['/plugins/counter/count', '/plugins/counter/any'])('%s lets only unbound admins in', async (path) => {
    token = 'right';
    expect((await get(path, 'art_admin')).status).toBe(200);
    expect((await get(path, 'art_bound')).status).toBe(403);
    expect((await get(path, 'art_chat')).status).toBe(403);
    expect((await get(path, 'art_unknown')).status).toBe(401);
  });

  it('check Host and Origin like all others', async () => {
    expect((await app.request('/plugins/counter/count', { headers: { Host: 'evil.example' } })).status).toBe(421);
    const foreign = { method: 'POST', headers: { Origin: 'http://evil.example', 'Content-Type': 'application/json' } };
    expect((await app.request('/plugins/counter/any', { ...foreign, body: '{}' })).status).toBe(403);
  });
});
