import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SecretInfo } from '../contract/secrets.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import {
  createSecretsManager,
  type OwnedSecretsManager,
  type SecretsManagerOptions,
} from './create-secrets-manager.ts';
import { noKeychain } from './keychain.test-support.ts';

const value = 'sk-test-0123456789abcdef';
let dataDir = '';
let environment: Record<string, string> = {};
const managers: OwnedSecretsManager[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'secrets-'));
  environment = {};
});

afterEach(async () => {
  for (const manager of managers.splice(0)) await manager.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function open(options: Partial<SecretsManagerOptions> = {}): Promise<OwnedSecretsManager> {
  const manager = await createSecretsManager({
    dataDir,
    environment: (name) => environment[name],
    clock: systemClock,
    logger: silentLogger,
    keychain: noKeychain,
    ...options,
  });
  managers.push(manager);
  return manager;
}

const vaultPath = () => join(dataDir, 'vault.json');
const vaultText = () => readFile(vaultPath(), 'utf8');
const modeOf = async (name: string) => (await stat(join(dataDir, name))).mode & 0o777;

async function editVault(edit: (text: string) => string): Promise<string> {
  const text = edit(await vaultText());
  await writeFile(vaultPath(), text);
  return text;
}

describe('values', () => {
  test('a value that was set is in force, survives a restart, and no file shows it', async () => {
    const first = await open();
    expect(first.status()).toEqual({ backend: 'key_file', state: 'empty' });
    const info = await first.set('OPENAI_API_KEY', `  ${value}\n`);
    expect(info).toMatchObject({ isSet: true, origin: 'vault', lastFour: 'cdef', shadowsVault: false });
    expect(first.get('OPENAI_API_KEY')).toEqual({ value, origin: 'vault' });
    const again = await open();
    expect(again.status()).toEqual({ backend: 'key_file', state: 'unlocked' });
    expect(again.reveal('OPENAI_API_KEY')).toBe(value);
    for (const name of await readdir(dataDir)) {
      const bytes = await readFile(join(dataDir, name));
      for (const form of [value, Buffer.from(value).toString('base64'), Buffer.from(value).toString('hex')]) {
        expect(bytes.includes(form)).toBe(false);
      }
    }
  });

  test('the files are the owner alone, also after a copy loosened their rights', async () => {
    await (await open()).set('OPENAI_API_KEY', value);
    expect([await modeOf('vault.json'), await modeOf('vault.key')]).toEqual([0o600, 0o600]);
    await chmod(vaultPath(), 0o644);
    await chmod(join(dataDir, 'vault.key'), 0o644);
    await open();
    expect([await modeOf('vault.json'), await modeOf('vault.key')]).toEqual([0o600, 0o600]);
  });

  test('the environment wins at once, is shown, and gives way again', async () => {
    const manager = await open();
    await manager.set('OPENAI_API_KEY', value);
    environment.OPENAI_API_KEY = 'from-the-environment-9999';
    expect(manager.get('OPENAI_API_KEY')).toEqual({ value: 'from-the-environment-9999', origin: 'environment' });
    expect(manager.list().find(({ name }) => name === 'OPENAI_API_KEY')).toMatchObject({
      origin: 'environment',
      shadowsVault: true,
      lastFour: '9999',
      vaultLastFour: 'cdef',
    });
    environment.OPENAI_API_KEY = '';
    expect(manager.get('OPENAI_API_KEY')).toEqual({ value, origin: 'vault' });
  });

  test('a clearing that forgets takes the value and its history out of the file, but it stays redacted', async () => {
    const manager = await open();
    await manager.set('OPENAI_API_KEY', value);
    await manager.set('OPENAI_API_KEY', 'sk-test-second-value');
    expect(await manager.clear('OPENAI_API_KEY', { forget: true })).toMatchObject({ isSet: false, versions: 0 });
    expect(manager.get('OPENAI_API_KEY')).toBeUndefined();
    expect(await vaultText()).not.toContain('OPENAI_API_KEY');
    expect(manager.redactor.redact(`${value} sk-test-second-value`)).toBe(
      '[redacted OPENAI_API_KEY] [redacted OPENAI_API_KEY]',
    );
    await manager.clear('OPENAI_API_KEY');
  });

  test('the last ten previous values are kept encrypted and are redacted after a restart', async () => {
    const first = await open();
    for (let at = 10; at < 23; at++) await first.set('MY_KEY', `value-number-${at}`);
    expect(JSON.parse(await vaultText()).entries.MY_KEY.previous).toHaveLength(10);
    const again = await open();
    expect(again.redactor.redact('value-number-22 value-number-12 value-number-11')).toBe(
      '[redacted MY_KEY] [redacted MY_KEY] value-number-11',
    );
  });

  test('values set at the same time are all kept', async () => {
    const manager = await open();
    const names = Array.from({ length: 20 }, (_, at) => `KEY_${at}`);
    await Promise.all(names.map((name) => manager.set(name, `value of ${name}`)));
    const again = await open();
    expect(names.map((name) => again.reveal(name))).toEqual(names.map((name) => `value of ${name}`));
  });

  test('what another process stored meanwhile is not overwritten', async () => {
    const one = await open();
    await one.set('FIRST_KEY', value);
    const two = await open();
    await two.set('SECOND_KEY', value);
    await one.set('THIRD_KEY', value);
    expect(
      one
        .list()
        .filter(({ group }) => group === 'custom')
        .map(({ name }) => name),
    ).toEqual(['FIRST_KEY', 'SECOND_KEY', 'THIRD_KEY']);
  });

  test('names and values out of bounds are refused', async () => {
    const manager = await open();
    for (const name of ['lower', '__proto__', 'A', '../X', '']) {
      await expect(manager.set(name, value)).rejects.toMatchObject({ code: 'invalid_secret_name', status: 400 });
      await expect(manager.clear(name)).rejects.toMatchObject({ code: 'invalid_secret_name' });
      expect(manager.get(name)).toBeUndefined();
    }
    await expect(manager.set('MY_KEY', '  ')).rejects.toMatchObject({ code: 'invalid_secret_value', status: 400 });
    expect(await readdir(dataDir)).toEqual([]);
  });

  test('the list is the known names, then custom ones and those of the configuration', async () => {
    const manager = await open({ extraNames: () => ['LOCAL_MODEL_KEY', 'OPENAI_API_KEY', 'not a name'] });
    await manager.set('ZZ_KEY', 'short-one');
    environment.LOCAL_MODEL_KEY = 'local-model-value';
    const list = manager.list();
    expect(list.map(({ name }) => name)).toEqual([
      'ANTHROPIC_API_KEY',
      'OPENAI_API_KEY',
      'TAVILY_API_KEY',
      'BRAVE_SEARCH_API_KEY',
      'JINA_API_KEY',
      'EXA_API_KEY',
      'UI_SECRET_TOKEN',
      'DATABASE_URL',
      'LOCAL_MODEL_KEY',
      'ZZ_KEY',
    ]);
    expect(list.at(-2)).toMatchObject({ isSet: true, origin: 'environment', group: 'custom' });
    expect(list.at(-1)).not.toHaveProperty('lastFour');
    expect(JSON.stringify(list)).not.toContain('short-one');
  });

  test('the password inside a connection string is known by itself', async () => {
    environment.DATABASE_URL = 'postgres://app:p%40ss-word-77@db/app';
    const { redactor } = await open();
    expect(redactor.redact('password p@ss-word-77, raw p%40ss-word-77')).toBe(
      'password [redacted DATABASE_URL], raw [redacted DATABASE_URL]',
    );
  });

  test('watchers are told without the value, and a failing one harms nobody', async () => {
    const manager = await open();
    const heard: SecretInfo[] = [];
    manager.subscribe(() => {
      throw new Error('broken');
    });
    const off = manager.subscribe((secret) => heard.push(secret));
    await manager.set('MY_KEY', value);
    manager.report('MY_KEY', { outcome: 'rejected', message: `refused ${value}`, at: 1 });
    off();
    await manager.clear('MY_KEY');
    expect(heard.map(({ isSet, lastResult }) => [isSet, lastResult?.message])).toEqual([
      [true, undefined],
      [true, 'refused [redacted MY_KEY]'],
    ]);
  });

  test('a test of a key uses the base URL of the configuration and is remembered', async () => {
    const asked: string[] = [];
    const manager = await open({
      probes: () => ({ LOCAL_MODEL_KEY: { type: 'openai', baseUrl: 'http://model.test/v1' } }),
      fetch: async (url) => {
        asked.push(String(url));
        return Response.json({ data: [] });
      },
    });
    expect(await manager.test('LOCAL_MODEL_KEY')).toMatchObject({
      outcome: 'unsupported',
      message: expect.stringContaining('not set'),
    });
    await manager.set('LOCAL_MODEL_KEY', value);
    await manager.set('EXA_API_KEY', value);
    expect(await manager.test('LOCAL_MODEL_KEY')).toMatchObject({ outcome: 'accepted' });
    expect(await manager.test('EXA_API_KEY')).toMatchObject({ outcome: 'unsupported' });
    expect(asked).toEqual(['http://model.test/v1/models']);
    expect(manager.list().find(({ name }) => name === 'LOCAL_MODEL_KEY')?.lastResult?.outcome).toBe('accepted');
  });
});

describe('damage', () => {
  test.each([
    ['cut in half', (text: string) => text.slice(0, text.length / 2)],
    ['emptied', () => ''],
    ['of a later format', (text: string) => text.replace('"version": 1', '"version": 2')],
    [
      'with a changed byte in a value',
      (text: string) =>
        text.replace(/("current": \{[^}]*"data": ")(.)/, (_, head, first) => head + (first === 'A' ? 'B' : 'A')),
    ],
  ])('a file %s is told, refused for writing and left as it is', async (_, edit) => {
    const first = await open();
    await first.set('FIRST_KEY', value);
    const before = await vaultText();
    const broken = await editVault(edit);
    expect(broken).not.toBe(before);
    const manager = await open();
    expect(manager.status()).toMatchObject({ state: 'damaged', problem: expect.stringContaining('backup') });
    await expect(manager.set('SECOND_KEY', value)).rejects.toMatchObject({ code: 'vault_damaged', status: 409 });
    await expect(first.set('SECOND_KEY', value)).rejects.toMatchObject({ code: 'vault_damaged' });
    expect(await vaultText()).toBe(broken);
    const aside = await manager.care.moveVaultAside();
    expect(await readFile(aside, 'utf8')).toBe(broken);
    await manager.set('SECOND_KEY', value);
    expect(manager.status().state).toBe('unlocked');
  });

  test('swapped entries are detected, and the others stay in force', async () => {
    const first = await open();
    for (const name of ['FIRST_KEY', 'SECOND_KEY', 'THIRD_KEY']) await first.set(name, `value of ${name}`);
    await editVault((text) => {
      const vault = JSON.parse(text);
      const { FIRST_KEY, SECOND_KEY } = vault.entries;
      vault.entries.FIRST_KEY = SECOND_KEY;
      vault.entries.SECOND_KEY = FIRST_KEY;
      return JSON.stringify(vault);
    });
    const manager = await open();
    expect(manager.status()).toMatchObject({
      state: 'damaged',
      problem: expect.stringContaining('FIRST_KEY, SECOND_KEY'),
    });
    expect(manager.get('FIRST_KEY')).toBeUndefined();
    expect(manager.get('THIRD_KEY')?.value).toBe('value of THIRD_KEY');
  });

  test('an old value put back in the place of the new one is detected', async () => {
    const first = await open();
    await first.set('MY_KEY', 'the first value');
    await first.set('MY_KEY', 'the second value');
    await editVault((text) => {
      const vault = JSON.parse(text);
      vault.entries.MY_KEY.current.sealed = vault.entries.MY_KEY.previous[0].sealed;
      return JSON.stringify(vault);
    });
    expect((await open()).get('MY_KEY')).toBeUndefined();
  });

  test('a vault in order cannot be moved away', async () => {
    const manager = await open();
    await manager.set('MY_KEY', value);
    await expect(manager.care.moveVaultAside()).rejects.toMatchObject({ code: 'vault_in_use' });
    expect(manager.get('MY_KEY')?.value).toBe(value);
  });
});
