import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { acquireDataDirLock } from '../data/lock.ts';
import { systemClock } from '../lib/clock.ts';
import { assistantMessage, userMessage } from '../sessions/conformance.ts';
import { createFileSessionStore } from '../sessions/file-store.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { addDataCommands } from './data.ts';

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

/** The commands as the program has them, in this process: loading all of it anew for each would take seconds. */
async function agentrail(...args: string[]) {
  const said = { out: '', err: '' };
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += String(text);
    return true;
  });
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += String(text);
    return true;
  });
  try {
    const program = new Command();
    addDataCommands(program, [new Option('--data-dir <folder>'), new Option('--config <file>')]);
    const at = args.includes('--data-dir') ? [] : ['--data-dir', dataDir];
    await program.parseAsync([...args, ...at], { from: 'user' });
    return { code: process.exitCode, ...said };
  } finally {
    process.exitCode = undefined;
    out.mockRestore();
    err.mockRestore();
  }
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

it('what cannot be understood is told in a sentence, and changes nothing', async () => {
  const exits = vi.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Error(`exit ${code}`);
  });
  await expect(agentrail('retention', 'apply', '--days', 'many')).rejects.toThrow();
  exits.mockRestore();
  expect(await agentrail('sessions', 'rm', 'ses_old')).toMatchObject({
    code: 2,
    err: expect.stringContaining('Name a session as tenant/user/session'),
  });
  expect(await agentrail('sessions', 'ls', '--data-dir', join(other, 'nowhere'))).toMatchObject({
    code: 1,
    err: expect.stringContaining('There is no data directory'),
  });
  expect(await readdir(join(dataDir, 'tenants/acme/sessions'))).toHaveLength(2);
});
