import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createAgentApp } from './app.ts';
import { configSchema } from './contract/config.ts';
import { createFakeRuns } from './http/testing/fake-runs.ts';
import { systemClock } from './lib/clock.ts';
import type { Browser } from './sandbox/browser/browser.ts';
import { browserFault } from './sandbox/browser/faults.ts';
import { ann } from './sessions/conformance.ts';
import { createFileSessionStore } from './sessions/file-store.ts';
import type { AgentrailSessionStore } from './sessions/store.ts';
import { silentLogger } from './telemetry/logger.ts';

const picture = Buffer.from('89504e470d0a1a0a00', 'hex');

let dataDir: string;
let sessions: AgentrailSessionStore;
let app: ReturnType<typeof createAgentApp>;
let take: () => ReturnType<Browser['screenshot']>;
let open: Set<string>;

const look = (query: string, sessionId = ann.sessionId) =>
  app.request(`/api/sessions/${sessionId}/browser/screenshot?${query}`);

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'browser-route-'));
  sessions = createFileSessionStore({ dataDir, logger: silentLogger, clock: systemClock });
  take = async () => ({ bytes: picture, width: 1280, height: 800 });
  open = new Set([`${ann.tenantId}/${ann.userId}/${ann.sessionId}`]);
  const browser = { screenshot: () => take() } as Browser;
  app = createAgentApp({
    runs: createFakeRuns(),
    sessions,
    browsers: {
      find: ({ tenantId, userId, sessionId }) =>
        open.has(`${tenantId}/${userId}/${sessionId}`) ? Promise.resolve(browser) : undefined,
    },
    readiness: async () => ({ status: 'ready', checks: [] }),
    agents: () => [],
    config: () => configSchema.parse({}),
    token: () => undefined,
    bindAddress: () => ({ host: '127.0.0.1', port: 3000 }),
    logger: silentLogger,
    edge: 'http',
  });
  await sessions.getOrCreate(ann, { agentId: 'default', title: 'Shopping' });
});
afterEach(async () => {
  await sessions.close();
  await rm(dataDir, { recursive: true });
});

it('shows what the browser of a session shows, to its owner', async () => {
  const answer = await look('tenantId=acme&userId=ann');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('image/png');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(picture);
});

it.each([
  ['tenantId=acme&userId=bob', 'ses_1'],
  ['tenantId=other&userId=ann', 'ses_1'],
  ['tenantId=acme&userId=ann', 'ses_none'],
])('knows no session of %s with the id %s', async (query, sessionId) => {
  open.add('acme/bob/ses_1').add('other/ann/ses_1').add('acme/ann/ses_none');
  const answer = await look(query, sessionId);
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ code: 'session_not_found' });
});

it('says so when no browser is open, and when it does not answer', async () => {
  take = () => Promise.reject(browserFault('browser_timeout'));
  const late = await look('tenantId=acme&userId=ann');
  expect([late.status, await late.json()]).toMatchObject([502, { code: 'browser_timeout' }]);
  open.clear();
  const none = await look('tenantId=acme&userId=ann');
  expect([none.status, await none.json()]).toMatchObject([404, { code: 'browser_not_open' }]);
});
