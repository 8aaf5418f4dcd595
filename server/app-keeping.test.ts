import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAgentApp } from './app.ts';
import { configSchema } from './contract/config.ts';
import { createFakeRuns } from './http/testing/fake-runs.ts';
import { systemClock } from './lib/clock.ts';
import { ann, userMessage } from './sessions/conformance.ts';
import { createFileSessionStore } from './sessions/file-store.ts';
import { createKeeping } from './sessions/keeping/keeping.ts';
import type { AgentrailSessionStore } from './sessions/store.ts';
import { silentLogger } from './telemetry/logger.ts';

const dayMs = 86_400_000;

describe('the routes of kept data', () => {
  let dataDir: string;
  let sessions: AgentrailSessionStore;
  let app: ReturnType<typeof createAgentApp>;
  let now: number;
  let config: ReturnType<typeof configSchema.parse>;
  const send = async (method: string, at: string, body?: unknown): Promise<Response> =>
    app.request(at, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
  const sendArchive = (archive: Uint8Array<ArrayBuffer>, query = '', type = 'application/gzip') =>
    app.request(`/api/tenants/import${query}`, { method: 'POST', body: archive, headers: { 'Content-Type': type } });

  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'keeping-routes-'));
    now = Date.now() - 10 * dayMs;
    config = configSchema.parse({});
    const clock = { ...systemClock, now: () => now };
    sessions = createFileSessionStore({ dataDir, logger: silentLogger, clock, fsync: 'none' });
    const runs = createFakeRuns();
    app = createAgentApp({
      ...{ runs, sessions, clock, logger: silentLogger, edge: 'http' },
      keeping: createKeeping({
        ...{ dataDir, sessions, clock, logger: silentLogger },
        hasRun: () => false,
        hold: runs.hold,
        freeSandbox: async () => undefined,
      }),
      readiness: async () => ({ status: 'ready', checks: [] }),
      agents: () => [],
      config: () => config,
      token: () => undefined,
      bindAddress: () => ({ host: '127.0.0.1', port: 3000 }),
    });
    await sessions.getOrCreate(ann, { agentId: 'default', title: 'Old' });
    await sessions.appendMessages(ann, [userMessage('x'.repeat(1000))]);
    now += 9 * dayMs;
    await sessions.getOrCreate({ ...ann, userId: 'bob', sessionId: 'ses_new' }, { agentId: 'default', title: 'New' });
  });
  afterEach(async () => {
    await sessions.close();
    await rm(dataDir, { recursive: true });
  });

  it('show what would go and delete exactly that', async () => {
    const plan = (await (await send('POST', '/api/retention/preview', { maxAgeDays: 5 })).json()) as {
      freedBytes: number;
    };
    expect(plan).toMatchObject({ sessions: [{ sessionId: ann.sessionId, reason: 'age' }] });
    const report = await (await send('POST', '/api/retention/apply', { maxAgeDays: 5 })).json();
    expect(report).toMatchObject({ deleted: 1, freedBytes: plan.freedBytes, kept: 0, failed: 0 });
    expect((await sessions.list({ limit: 5 })).sessions.map(({ sessionId }) => sessionId)).toEqual(['ses_new']);
  });

  it('go by the settings when nothing is given, and refuse when those say nothing either', async () => {
    const refused = await send('POST', '/api/retention/apply', {});
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ code: 'no_retention_rules' });
    config = configSchema.parse({ retention: { sessionsDays: 5 } });
    expect(await (await send('POST', '/api/retention/preview', {})).json()).toMatchObject({ sessions: [{}] });
    for (const body of [{ maxAgeDays: -1 }, { maxAgeDays: 'x' }, { days: 1 }, { maxAgeDays: 1, tenantId: '../x' }]) {
      expect((await send('POST', '/api/retention/apply', body)).status).toBe(400);
    }
  });

  it('take a tenant out and bring it in again', async () => {
    const exported = await send('GET', '/api/tenants/acme/export');
    expect(exported.headers.get('Content-Disposition')).toContain('acme.agentrail-tenant.gz');
    const archive = new Uint8Array(await exported.arrayBuffer());
    expect((await sendArchive(archive)).status).toBe(409);
    expect(await (await sendArchive(archive, '?merge=skip')).json()).toMatchObject({ added: 0, skipped: 2 });
    expect(await (await send('DELETE', '/api/tenants/acme')).json()).toMatchObject({ tenantId: 'acme', deleted: 2 });
    expect(await readdir(path.join(dataDir, 'tenants'))).toEqual([]);
    expect(await (await sendArchive(archive)).json()).toMatchObject({ tenantId: 'acme', added: 2 });
    expect(await sessions.get(ann)).toMatchObject({ title: 'Old' });
    expect(await (await send('GET', '/api/data/sizes')).json()).toMatchObject({
      sessions: 2,
      tenants: [{ tenantId: 'acme', sessions: 2 }],
    });
  });

  it('refuse what is no archive, and ids that are none', async () => {
    const rubbish = new TextEncoder().encode('rubbish');
    expect(await (await sendArchive(rubbish)).json()).toMatchObject({ code: 'import_damaged' });
    expect((await sendArchive(rubbish, '', 'text/plain')).status).toBe(415);
    expect((await sendArchive(rubbish, '?merge=all')).status).toBe(400);
    expect((await send('GET', '/api/tenants/nobody/export')).status).toBe(404);
    expect((await send('GET', '/api/tenants/..%2fx/export')).status).toBe(400);
    expect((await send('DELETE', '/api/tenants/acme/users/..%2fx')).status).toBe(400);
  });

  it('erase one user and leave the others', async () => {
    const report = await (await send('DELETE', '/api/tenants/acme/users/ann')).json();
    expect(report).toMatchObject({ tenantId: 'acme', userId: 'ann', deleted: 1 });
    expect((await sessions.list({ limit: 5 })).sessions.map(({ userId }) => userId)).toEqual(['bob']);
  });
});
