import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAgentApp } from './app.ts';
import { configSchema } from './contract/config.ts';
import { createDataLayout } from './data/layout.ts';
import { createFakeRuns } from './http/testing/fake-runs.ts';
import { createFakeSessions } from './http/testing/fake-sessions.ts';
import { systemClock } from './lib/clock.ts';
import { createUserMemory, type UserMemoryManager } from './memory/user-memory.ts';
import { type ApiTokens, createApiTokens } from './secrets/api-tokens.ts';
import { silentLogger } from './telemetry/logger.ts';

let dataDir: string;
let tokens: ApiTokens;
let memory: UserMemoryManager;
let app: ReturnType<typeof createAgentApp>;
let letModelAnswer: () => void;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'app-memory-'));
  tokens = await createApiTokens({ dataDir, clock: systemClock, logger: silentLogger });
  const answered = Promise.withResolvers<void>();
  letModelAnswer = answered.resolve;
  memory = createUserMemory({
    layout: createDataLayout(dataDir),
    settings: () => ({ enabled: true, maxBytes: 1024 }),
    ask: async () => {
      await answered.promise;
      return { text: '- Is called Anna' };
    },
    said: {
      sessions: async () => [{ sessionId: 'one' }],
      words: async () => [{ text: 'I am Anna.', at: 5 }],
    },
    redact: (text) => text,
    clock: systemClock,
    logger: silentLogger,
  });
  app = createAgentApp({
    runs: createFakeRuns(),
    sessions: createFakeSessions(),
    tokens,
    memory,
    readiness: async () => ({ status: 'ready', checks: [] }),
    agents: () => [],
    config: () => configSchema.parse({}),
    token: () => 'main',
    bindAddress: () => ({ host: '127.0.0.1', port: 0 }),
    logger: silentLogger,
    edge: 'http',
  });
});

afterEach(async () => {
  letModelAnswer();
  await memory.close();
  await tokens.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function call(method: string, path: string, { body, token = 'main' }: { body?: object; token?: string } = {}) {
  const response = await app.request(`http://127.0.0.1${path}`, {
    method,
    headers: {
      Host: '127.0.0.1',
      Authorization: `Bearer ${token}`,
      ...(body && { 'Content-Type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

const path = '/api/users/anna/memory';

describe('the memory of a user', () => {
  it('is read, edited, switched off and cleared', async () => {
    expect((await call('GET', path)).body).toMatchObject({
      text: '',
      enabled: true,
      tenantId: 'default',
      userId: 'anna',
    });
    const edited = await call('PUT', path, { body: { text: '- Likes tea' } });
    expect(edited).toMatchObject({ status: 200, body: { text: '- Likes tea\n', sizeBytes: 12, maxBytes: 1024 } });
    expect((await call('PUT', path, { body: { text: 'x', revision: 'old' } })).body.code).toBe('memory_changed');
    expect((await call('PUT', path, { body: { enabled: false } })).body).toMatchObject({ enabled: false });
    expect((await call('GET', `${path}?tenantId=acme`)).body).toMatchObject({ text: '', enabled: true });
    expect((await call('DELETE', path)).body).toMatchObject({ text: '', enabled: false });
  });

  it.each([
    [{}, 400],
    [{ text: 5 }, 400],
    [{ text: 'x', more: 1 }, 400],
    [{ text: 'x'.repeat(2000) }, 413],
    [{ text: 'My password is abcdef' }, 422],
  ])('refuses %j with a sentence', async (body, status) => {
    const answer = await call('PUT', path, { body });
    expect(answer).toMatchObject({ status, body: { error: expect.stringMatching(/\w+ /), code: expect.any(String) } });
  });

  it('is not found by ids that lead elsewhere', async () => {
    expect((await call('GET', '/api/users/..%2F..%2Fx/memory')).status).toBe(400);
    expect((await call('GET', `${path}?tenantId=../x`)).status).toBe(400);
  });

  it('is rebuilt in the background, and the rebuild can be ended', async () => {
    expect(await call('POST', `${path}/rebuild`)).toMatchObject({ status: 202, body: { status: 'running', total: 1 } });
    expect((await call('POST', `${path}/rebuild`)).body.code).toBe('memory_rebuilding');
    expect((await call('GET', path)).body.rebuild).toMatchObject({ status: 'running', done: 0, total: 1 });
    expect((await call('DELETE', `${path}/rebuild`)).status).toBe(204);
    letModelAnswer();
    await memory.idle();
    expect((await call('GET', path)).body).toMatchObject({ text: '', rebuild: { status: 'aborted' } });
    await call('POST', `${path}/rebuild`);
    await memory.idle();
    expect((await call('GET', path)).body).toMatchObject({ text: '- Is called Anna\n', rebuild: { status: 'done' } });
  });

  it('opens to named tokens by scope, and to bound ones for their own user only', async () => {
    const reader = (await tokens.create({ name: 'R', scopes: ['read'] })).token;
    expect((await call('GET', path, { token: reader })).status).toBe(200);
    expect((await call('PUT', path, { token: reader, body: { text: '- x' } })).status).toBe(403);
    expect((await call('DELETE', path, { token: reader })).status).toBe(403);
    expect((await call('POST', `${path}/rebuild`, { token: reader })).status).toBe(403);
    const bound = (await tokens.create({ name: 'B', scopes: ['read', 'admin'], tenantId: 'acme', userId: 'anna' }))
      .token;
    expect((await call('PUT', path, { token: bound, body: { text: '- Mine' } })).body.tenantId).toBe('acme');
    expect((await call('GET', '/api/users/bert/memory', { token: bound })).status).toBe(403);
    expect((await call('GET', `${path}?tenantId=default`, { token: bound })).status).toBe(403);
    expect((await call('GET', path, { token: 'wrong' })).status).toBe(401);
  });
});
