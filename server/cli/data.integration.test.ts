import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { acquireDataDirLock } from '../data/lock.ts';
import { systemClock } from '../lib/clock.ts';
import { assistantMessage, userMessage } from '../sessions/conformance.ts';
import { createFileSessionStore } from '../sessions/file-store.ts';
import { silentLogger } from '../telemetry/logger.ts';

const dayMs = 86_400_000;
let dataDir: string;
let other: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cli-data-'));
  other = await mkdtemp(join(tmpdir(), 'cli-other-'));
  let now = Date.now() - 10 * dayMs;
  const clock = { ...systemClock, now: () => now };
  const store = createFileSessionStore({ dataDir, logger: silentLogger, clock });
  for (const sessionId of ['ses_old', 'ses_new']) {
    const key = { tenantId: 'acme', userId: 'ann', sessionId };
    await store.getOrCreate(key, { agentId: 'default', title: `About ${sessionId}` });
    await store.appendMessages(key, [userMessage('Hello?'), assistantMessage('Here.')]);
    now += 9 * dayMs;
  }
  await store.close();
});
afterEach(async () => {
  await rm(dataDir, { recursive: true });
  await rm(other, { recursive: true });
});

async function agentrail(...args: string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    env: { ...process.env, AGENTRAIL_DATA_DIR: dataDir },
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    said.out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said.err += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...said };
}

it('sessions are listed, exported without overwriting anything, and removed', async () => {
  expect((await agentrail('sessions', 'ls')).out).toMatch(/acme\/ann\/ses_new .*\nacme\/ann\/ses_old /);
  const file = join(other, 'old.md');
  expect((await agentrail('sessions', 'export', 'acme/ann/ses_old', file)).code).toBe(0);
  expect(await readFile(file, 'utf8')).toContain('# About ses_old');
  expect(await agentrail('sessions', 'export', 'acme/ann/ses_new', file)).toMatchObject({
    code: 1,
    err: expect.stringContaining('There is a file'),
  });
  expect(await readdir(other)).toEqual(['old.md']);
  const removed = await agentrail('sessions', 'rm', 'acme/ann/ses_old', 'acme/ann/ses_none');
  expect(removed).toMatchObject({ code: 1, out: expect.stringContaining('ses_old  removed') });
  expect(await readdir(join(dataDir, 'tenants/acme/sessions'))).toEqual(['ses_new']);
});

it('a tenant goes to another data directory and back, and is erased only when meant', async () => {
  const file = join(other, 'acme.gz');
  expect((await agentrail('tenants', 'export', 'acme', file)).code).toBe(0);
  const here = ['--data-dir', other];
  expect(await agentrail('tenants', 'import', file, ...here)).toMatchObject({
    code: 0,
    out: expect.stringContaining('2 added'),
  });
  expect(await agentrail('tenants', 'import', file, ...here)).toMatchObject({
    code: 1,
    err: expect.stringContaining('There is a tenant of this name'),
  });
  expect((await agentrail('tenants', 'import', file, '--merge', 'skip', ...here)).out).toContain('2 skipped');
  expect((await agentrail('tenants', 'erase', 'acme')).out).toContain('--yes');
  expect((await agentrail('tenants', 'erase', 'acme', '--yes')).out).toContain('2 sessions deleted');
  expect(await readdir(join(dataDir, 'tenants'))).toEqual([]);
});

it('retention goes by the settings, and does what its preview shows', async () => {
  expect(await agentrail('retention', 'preview')).toMatchObject({
    code: 1,
    err: expect.stringContaining('Nothing says what may go'),
  });
  await writeFile(join(dataDir, 'agentrail.yaml'), 'version: 1\nretention:\n  sessionsDays: 5\n');
  const plan = JSON.parse((await agentrail('retention', 'preview', '--json')).out) as { sessions: unknown[] };
  expect(plan.sessions).toMatchObject([{ sessionId: 'ses_old', reason: 'age' }]);
  expect((await agentrail('retention', 'apply')).out).toContain('1 sessions and 0 log files deleted');
  expect(await readdir(join(dataDir, 'tenants/acme/sessions'))).toEqual(['ses_new']);
});

it('a data directory with a running server is left alone', async () => {
  const lock = await acquireDataDirLock(dataDir, { instanceId: 'ins_other', clock: systemClock });
  const refused = await agentrail('retention', 'apply', '--days', '1');
  await lock.release();
  expect(refused.code).toBe(3);
  expect(await readdir(join(dataDir, 'tenants/acme/sessions'))).toHaveLength(2);
});
