import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import {
  createSecretsManager,
  type OwnedSecretsManager,
  type SecretsManagerOptions,
} from './create-secrets-manager.ts';
import { memoryKeychain, noKeychain } from './keychain.test-support.ts';

const [one, two, three] = ['sk-first-value-1111', 'sk-second-value-2222', 'sk-third-value-3333'];
let dataDir = '';
let environment: Record<string, string> = {};
const managers: OwnedSecretsManager[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'secrets-care-'));
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
    user: 'ada',
    ...options,
  });
  managers.push(manager);
  return manager;
}

const vaultText = () => readFile(join(dataDir, 'vault.json'), 'utf8');
const infoOf = (manager: OwnedSecretsManager, name: string) => manager.list().find((each) => each.name === name);

describe('history', () => {
  test('tells who did what, and a roll back is a new entry of it', async () => {
    const manager = await open();
    await manager.set('MY_KEY', one);
    await manager.set('MY_KEY', two);
    const [, first] = manager.care.history('MY_KEY');
    expect(await manager.care.rollBack('MY_KEY', first?.version ?? 0)).toMatchObject({ lastFour: '1111', versions: 3 });
    expect(manager.reveal('MY_KEY')).toBe(one);
    const again = await open();
    expect(
      again.care.history('MY_KEY').map(({ act, by, lastFour, isCurrent }) => [act, by, lastFour, isCurrent]),
    ).toEqual([
      ['roll_back', 'ada', '1111', true],
      ['set', 'ada', '2222', false],
      ['set', 'ada', '1111', false],
    ]);
    expect(JSON.stringify(again.care.history('MY_KEY'))).not.toContain('value');
  });

  test('a cleared value can be rolled back to, and its mark can not', async () => {
    const manager = await open();
    await manager.set('MY_KEY', one);
    expect(await manager.clear('MY_KEY')).toMatchObject({ isSet: false, versions: 2 });
    const [mark, value] = manager.care.history('MY_KEY');
    expect(mark).toMatchObject({ act: 'clear', hasValue: false, isCurrent: true });
    await expect(manager.care.rollBack('MY_KEY', mark?.version ?? 0)).rejects.toMatchObject({
      code: 'version_not_found',
    });
    await manager.care.rollBack('MY_KEY', value?.version ?? 0);
    expect((await open()).reveal('MY_KEY')).toBe(one);
  });

  test('a value that was cleared stays redacted after a restart, until it is forgotten', async () => {
    const manager = await open();
    await manager.set('MY_KEY', one);
    await manager.clear('MY_KEY');
    expect((await open()).redactor.redact(`x ${one}`)).toBe('x [redacted MY_KEY]');
    await manager.clear('MY_KEY', { forget: true });
    expect(await vaultText()).not.toContain('MY_KEY');
    expect((await open()).care.history('MY_KEY')).toEqual([]);
  });

  test('clearing twice leaves one mark, and clearing what never was leaves nothing', async () => {
    const manager = await open();
    await manager.set('MY_KEY', one);
    await manager.clear('MY_KEY');
    await manager.clear('MY_KEY');
    await manager.clear('OTHER_KEY');
    expect(manager.care.history('MY_KEY')).toHaveLength(2);
    expect(infoOf(manager, 'OTHER_KEY')).toBeUndefined();
  });
});

describe('the value lens', () => {
  test('names every place that holds a value, the strongest first', async () => {
    const file = join(dataDir, 'mounted-secret');
    await writeFile(file, `${two}\n`);
    await writeFile(join(dataDir, '.env'), `export OPENAI_API_KEY="${three}" # of the team\nNOT_MINE=${one}\n`);
    const manager = await open();
    await manager.set('OPENAI_API_KEY', one);
    const seen = () =>
      infoOf(manager, 'OPENAI_API_KEY')?.sources.map(({ origin, lastFour }) => `${origin} ${lastFour}`);
    expect(seen()).toEqual(['vault 1111', 'dotenv 3333']);
    environment.OPENAI_API_KEY_FILE = file;
    expect(seen()).toEqual(['file 2222', 'vault 1111', 'dotenv 3333']);
    expect(manager.get('OPENAI_API_KEY')).toEqual({ value: two, origin: 'file' });
    environment.OPENAI_API_KEY = 'sk-environment-4444';
    expect(seen()).toEqual(['environment 4444', 'file 2222', 'vault 1111', 'dotenv 3333']);
    expect(infoOf(manager, 'OPENAI_API_KEY')).toMatchObject({ shadowsVault: true, vaultLastFour: '1111' });
    environment = {};
    await manager.clear('OPENAI_API_KEY');
    expect(manager.get('OPENAI_API_KEY')).toEqual({ value: three, origin: 'dotenv' });
    expect(infoOf(manager, 'NOT_MINE')).toMatchObject({ group: 'custom', origin: 'dotenv' });
    expect(manager.redactor.redact([one, two, three].join(' '))).not.toContain('value');
  });

  test('a file that changes counts at once, and one that cannot be read holds nothing', async () => {
    const manager = await open();
    environment.MY_KEY_FILE = join(dataDir, 'mounted-secret');
    expect(manager.get('MY_KEY')).toBeUndefined();
    await writeFile(environment.MY_KEY_FILE, one);
    expect(manager.get('MY_KEY')?.value).toBe(one);
    await writeFile(environment.MY_KEY_FILE, `${two} `);
    expect(manager.get('MY_KEY')?.value).toBe(two);
    await rm(environment.MY_KEY_FILE);
    await mkdir(environment.MY_KEY_FILE);
    expect(manager.get('MY_KEY')).toBeUndefined();
    environment.MY_KEY_FILE = 'relative';
    expect(manager.get('MY_KEY')).toBeUndefined();
  });

  test('only who says what for uses a value, and that is kept over a restart', async () => {
    const manager = await open();
    await manager.set('MY_KEY', one);
    manager.get('MY_KEY');
    expect(infoOf(manager, 'MY_KEY')).not.toHaveProperty('lastUsedAt');
    manager.get('MY_KEY', 'model');
    manager.report('MY_KEY', { outcome: 'rejected', message: `no ${one}`, at: 5 });
    await manager.close();
    expect(infoOf(await open(), 'MY_KEY')).toMatchObject({
      lastUsedBy: 'model',
      lastUsedAt: expect.any(Number),
      lastResult: { outcome: 'rejected', message: 'no [redacted MY_KEY]' },
    });
    expect(await readFile(join(dataDir, 'secret-use.json'), 'utf8')).not.toContain(one);
  });
});

describe('an import', () => {
  const text = [`OPENAI_API_KEY=${one}`, 'PORT=3000', `lower=${two}`, `MY_KEY='${two}'`, 'EMPTY=', 'what is this'].join(
    '\n',
  );

  test('is previewed without values, and takes over what was chosen in one write', async () => {
    const manager = await open();
    await manager.set('MY_KEY', three);
    environment.OPENAI_API_KEY = 'sk-environment-4444';
    const preview = manager.care.previewImport(text);
    expect(preview.entries.map(({ name, act, reason }) => [name, act, reason])).toEqual([
      ['OPENAI_API_KEY', 'set', undefined],
      ['PORT', 'ignored', 'setting'],
      ['lower', 'ignored', 'name'],
      ['MY_KEY', 'change', undefined],
      ['EMPTY', 'ignored', 'empty'],
      [undefined, 'ignored', 'syntax'],
    ]);
    expect(preview.entries[0]).toMatchObject({ isShadowed: true, isSuggested: true, lastFour: '1111' });
    expect(JSON.stringify(preview)).not.toMatch(/first|second/);
    await manager.care.importEnv(text, ['OPENAI_API_KEY', 'PORT', 'NOT_THERE']);
    expect(JSON.parse(await vaultText()).revision).toBe(2);
    environment = {};
    expect([manager.reveal('OPENAI_API_KEY'), manager.reveal('MY_KEY')]).toEqual([one, three]);
    expect(manager.care.history('OPENAI_API_KEY')).toMatchObject([{ act: 'import' }]);
    expect(manager.care.previewImport(text).entries[0]).toMatchObject({ act: 'ignored', reason: 'same' });
  });

  test('of nothing is refused', async () => {
    const manager = await open();
    await expect(manager.care.importEnv(text, ['PORT'])).rejects.toMatchObject({ code: 'nothing_to_import' });
    expect(await readdir(dataDir)).toEqual([]);
  });
});

describe('the place of the key', () => {
  test('moves between key file, passphrase and keychain with every value and its history', async () => {
    const keychain = memoryKeychain();
    const manager = await open({ keychain: { ...keychain, write: noKeychain.write } });
    await manager.set('MY_KEY', one);
    await manager.set('MY_KEY', two);
    await manager.set('GONE_KEY', three);
    await manager.clear('GONE_KEY');
    const history = manager.care.history('MY_KEY');
    expect(await readdir(dataDir)).toContain('vault.key');

    expect(await manager.care.changeBackend('passphrase', 'a long passphrase')).toMatchObject({
      backend: 'passphrase',
    });
    expect(await readdir(dataDir)).not.toContain('vault.key');
    expect((await open()).status()).toMatchObject({ state: 'locked' });
    const other = await open({ passphrase: 'a long passphrase', keychain });
    expect(other.care.history('MY_KEY')).toEqual(history);

    await other.care.changeBackend('keychain');
    expect(keychain.held.size).toBe(1);
    expect((await open({ keychain })).reveal('MY_KEY')).toBe(two);

    await other.care.changeBackend('key_file');
    expect(keychain.held.size).toBe(0);
    const last = await open();
    expect(last.status()).toEqual({ backend: 'key_file', state: 'unlocked' });
    expect([last.reveal('MY_KEY'), last.care.history('GONE_KEY').length]).toEqual([two, 2]);
    expect(JSON.parse(await vaultText())).not.toHaveProperty('retired');
  });

  test('stays what it was when the new place cannot be used', async () => {
    const manager = await open();
    await manager.set('MY_KEY', one);
    const before = await vaultText();
    await expect(manager.care.changeBackend('keychain')).rejects.toMatchObject({ code: 'keychain_unavailable' });
    await expect(manager.care.changeBackend('passphrase')).rejects.toMatchObject({ code: 'passphrase_required' });
    expect(await vaultText()).toBe(before);
    expect((await open()).reveal('MY_KEY')).toBe(one);
  });

  test('an old key that cannot be removed is told, and removed at the next start', async () => {
    const keychain = memoryKeychain();
    const manager = await open({ keychain: { ...keychain, remove: noKeychain.remove } });
    await manager.set('MY_KEY', one);
    await manager.care.changeBackend('key_file');
    expect(await manager.care.vault()).toMatchObject({ isOldKeyLeft: true, status: { backend: 'key_file' } });
    expect(keychain.held.size).toBe(1);
    const again = await open({ keychain });
    expect(keychain.held.size).toBe(0);
    expect(await again.care.vault()).toMatchObject({ isOldKeyLeft: false });
    expect(again.reveal('MY_KEY')).toBe(one);
  });

  test('a passphrase that the next start would not have is refused', async () => {
    const manager = await open({ passphrase: 'of the environment' });
    await manager.set('MY_KEY', one);
    await expect(manager.care.changeBackend('passphrase', 'another one entirely')).rejects.toMatchObject({
      code: 'passphrase_in_environment',
    });
    expect(await manager.care.vault()).toMatchObject({ hasEnvironmentPassphrase: true });
  });

  test('a vault that holds nothing yet begins where it was asked to', async () => {
    const manager = await open();
    await manager.care.changeBackend('passphrase', 'a long passphrase');
    await manager.set('MY_KEY', one);
    expect(await readdir(dataDir)).not.toContain('vault.key');
    expect((await open({ passphrase: 'a long passphrase' })).reveal('MY_KEY')).toBe(one);
  });
});

describe('a vault that was moved away', () => {
  async function damaged() {
    await (await open()).set('MY_KEY', one);
    const whole = await vaultText();
    await writeFile(join(dataDir, 'vault.json'), whole.slice(9));
    const manager = await open();
    await manager.care.moveVaultAside();
    return { manager, whole };
  }

  test('is offered again, brought back and exchanged with the one of now', async () => {
    const { manager, whole } = await damaged();
    const [aside] = (await manager.care.vault()).aside;
    expect(aside).toMatchObject({ sizeBytes: whole.length - 9, at: expect.any(Number) });
    await manager.set('MY_KEY', two);
    await writeFile(join(dataDir, aside?.name ?? ''), whole);
    expect(await manager.care.bringVaultBack(aside?.name ?? '')).toMatchObject({ state: 'unlocked' });
    expect(manager.reveal('MY_KEY')).toBe(one);
    const [other] = (await manager.care.vault()).aside;
    await manager.care.bringVaultBack(other?.name ?? '');
    expect(manager.reveal('MY_KEY')).toBe(two);
  });

  test('keeps the key file that it needs, until it is deleted', async () => {
    const { manager, whole } = await damaged();
    const [aside] = (await manager.care.vault()).aside;
    await writeFile(join(dataDir, aside?.name ?? ''), whole);
    await manager.set('MY_KEY', two);
    await expect(manager.care.changeBackend('passphrase', 'a long passphrase')).rejects.toMatchObject({
      code: 'vault_aside_needs_key',
    });
    await manager.care.removeVaultAside(aside?.name ?? '');
    expect((await manager.care.vault()).aside).toEqual([]);
    await manager.care.changeBackend('passphrase', 'a long passphrase');
    expect(manager.reveal('MY_KEY')).toBe(two);
  });

  test.each(['vault.json', '../vault.key', 'vault.json.aside-', 'api-tokens.json'])('%s is none', async (name) => {
    const { manager } = await damaged();
    await expect(manager.care.bringVaultBack(name)).rejects.toMatchObject({ code: 'vault_not_found', status: 404 });
    await expect(manager.care.removeVaultAside(name)).rejects.toMatchObject({ code: 'vault_not_found' });
  });
});
