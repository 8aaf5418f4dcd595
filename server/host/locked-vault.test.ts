import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { createSecretsManager } from '../secrets/create-secrets-manager.ts';
import { ann } from '../sessions/conformance.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { openSessions } from './open-sessions.ts';
import { databaseLocked, startOnceUnlocked } from './undecided-sessions.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'locked-vault-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

function openSecrets(passphrase: string) {
  const environment = () => undefined;
  return createSecretsManager({ dataDir, environment, passphrase, clock: systemClock, logger: silentLogger });
}

/** A vault of that passphrase with one value in it. */
async function keep(name: string, value: string): Promise<void> {
  const secrets = await openSecrets('the right one');
  await secrets.set(name, value);
  await secrets.close();
}

async function openWith(passphrase: string) {
  const secrets = await openSecrets(passphrase);
  const foundation = { dataDir, secrets, clock: systemClock, logger: silentLogger, instanceId: 'instance_1' };
  const config = { current: () => ({ server: { sessionLeaseMs: 10_000 } }) } as never;
  return { secrets, opened: await openSessions({ ...foundation, config }) };
}

it('keeps no session anywhere while DATABASE_URL lies in a vault that is locked, and says what to do', async () => {
  await keep('DATABASE_URL', 'postgres://agentrail:secret-word@127.0.0.1:1/none');
  const { secrets, opened } = await openWith('a wrong one');
  const { sessions, cluster } = opened;
  const init = { agentId: 'default', title: 'x' };
  for (const call of [() => sessions.ping(), () => sessions.getOrCreate(ann, init), () => sessions.list({ limit: 5 })])
    await expect(call()).rejects.toMatchObject({
      ...{ code: databaseLocked, status: 503 },
      message: expect.stringContaining('Unlock it on the Secrets page'),
    });
  expect(sessions.kind).toBe('postgres');
  expect(() => sessions.trace(ann, 'run_1', { type: 'turn.start', turn: 1 })).not.toThrow();
  expect(await cluster.list()).toEqual([]);
  expect(await readdir(dataDir)).not.toContain('tenants');

  let starts = 0;
  const fault = { code: databaseLocked, message: '' };
  const lifecycle = {
    state: () => ({ phase: 'failed' as const, stages: [], fault }),
    start: async () => {
      starts += 1;
    },
  };
  const stop = startOnceUnlocked({ lifecycle, secrets, logger: silentLogger });
  expect(await secrets.unlock('still wrong')).toMatchObject({ state: 'locked' });
  expect(starts).toBe(0);
  expect(await secrets.unlock('the right one')).toMatchObject({ state: 'unlocked' });
  expect(starts).toBe(1);
  const error = await sessions.ping().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'storage_unavailable', details: { fault: 'unreachable' } });
  stop();
  await opened.close();
  await secrets.close();
});

it('goes on with files when the locked vault holds other things', async () => {
  await keep('OPENAI_API_KEY', 'sk-something-long');
  const { secrets, opened } = await openWith('a wrong one');
  expect(secrets.status().state).toBe('locked');
  await opened.sessions.ping();
  expect(opened.sessions.kind).toBeUndefined();
  await opened.close();
  await secrets.close();
});

it('refuses as well when the vault is damaged, until it is put aside', async () => {
  await writeFile(path.join(dataDir, 'vault.json'), '{"format":"agentrail-vault","entries":{"DATABASE_URL":{"cur', {
    mode: 0o600,
  });
  const { secrets, opened } = await openWith('any');
  await expect(opened.sessions.ping()).rejects.toMatchObject({
    code: databaseLocked,
    message: expect.stringContaining('is damaged'),
  });
  await secrets.care.moveVaultAside();
  await opened.sessions.ping();
  expect(opened.sessions.kind).toBeUndefined();
  await opened.close();
  await secrets.close();
});
