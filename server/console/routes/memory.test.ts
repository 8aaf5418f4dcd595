import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createDataLayout } from '../../data/layout.ts';
import { systemClock } from '../../lib/clock.ts';
import { createUserMemory, type UserMemoryManager } from '../../memory/user-memory.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import type { ConsoleContext } from '../context.ts';
import { createOnError } from '../on-error.ts';
import { memoryRoutes } from './memory.ts';

let dataDir: string;
let memory: UserMemoryManager;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'console-memory-'));
  memory = createUserMemory({
    layout: createDataLayout(dataDir),
    settings: () => ({ enabled: true, maxBytes: 1024 }),
    ask: async () => ({ text: '- Is called Anna' }),
    said: {
      sessions: async () => [{ sessionId: 'one' }],
      words: async () => [{ text: 'I am Anna.', at: 5 }],
    },
    redact: (text) => text,
    clock: systemClock,
    logger: silentLogger,
  });
});
afterEach(async () => {
  await memory.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function call(method: string, path = '', body?: object) {
  const app = memoryRoutes({ memory } as ConsoleContext).onError(createOnError(silentLogger));
  const response = await app.request(`/tenants/acme/users/anna/memory${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  });
  return { status: response.status, body: await response.json() };
}

it('the console sees, edits, rebuilds and clears what is remembered of a user', async () => {
  expect(await call('GET')).toMatchObject({ status: 200, body: { tenantId: 'acme', userId: 'anna', text: '' } });
  expect((await call('PUT', '', { text: '- Likes tea', enabled: true })).body).toMatchObject({ text: '- Likes tea\n' });
  expect((await call('PUT', '', { text: 'My password is abcdef' })).status).toBe(422);
  expect((await call('PUT', '', { texts: 1 })).status).toBe(400);
  expect((await call('POST', '/rebuild')).body).toMatchObject({ status: 'running', total: 1 });
  await memory.idle();
  expect((await call('GET')).body).toMatchObject({ text: '- Is called Anna\n', rebuild: { status: 'done' } });
  expect((await call('DELETE', '/rebuild')).body).toEqual({ ok: true });
  expect((await call('DELETE')).body).toMatchObject({ text: '', enabled: true });
});

it('lists whose memory is kept here, and who talked lately', async () => {
  await memory.change({ tenantId: 'acme', userId: 'anna' }, { text: '- Likes tea' });
  await memory.change({ tenantId: 'default', userId: 'bo' }, { enabled: false });
  await mkdir(join(dataDir, 'tenants/acme/users/.hidden'), { recursive: true });
  await mkdir(join(dataDir, 'tenants/acme/users/nobody'), { recursive: true });
  const talked = ['anna', 'carl'].map((userId) => ({ tenantId: 'acme', userId }));
  const sessions = { list: async () => ({ sessions: talked }) };
  const app = memoryRoutes({ memory, sessions } as unknown as ConsoleContext);
  const { users } = (await (await app.request('/memory/users')).json()) as { users: object[] };
  expect(users).toEqual([
    { tenantId: 'acme', userId: 'anna' },
    { tenantId: 'acme', userId: 'carl' },
    { tenantId: 'default', userId: 'bo' },
  ]);
});

it('a server that remembers nothing says so', async () => {
  const app = memoryRoutes({} as ConsoleContext).onError(createOnError(silentLogger));
  expect((await app.request('/tenants/acme/users/anna/memory')).status).toBe(404);
});
