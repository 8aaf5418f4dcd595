import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConfigManager } from './config-manager.ts';
import { readEnvironment } from './env.ts';
import { checkSettingsText } from './settings-text.ts';

let dir: string;
let file: string;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'agentrail-text-'));
  file = path.join(dir, 'agentrail.yaml');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const open = () => createConfigManager({ boot: { dataDir: dir, cwd: dir }, env: readEnvironment({ HOME: dir }) });

describe('the text of the settings', () => {
  it('is empty where there is no file, and becomes one with the first save', async () => {
    const manager = await open();
    const { text, version } = await manager.text();
    expect(text).toBe('');
    const saved = await manager.replaceText('# mine\nserver:\n  port: 4001\n', version);
    expect(saved.needsRestart).toEqual(['server.port']);
    expect(await readFile(file, 'utf8')).toBe('# mine\nserver:\n  port: 4001\n');
    expect((await manager.text()).version).toBe(saved.version);
    expect(manager.current().server.port).toBe(4001);
  });

  it('is stored byte for byte, Windows line ends and all', async () => {
    const manager = await open();
    const text = '# a\r\nlogging:\r\n  level: warn   # why\r\n';
    await manager.replaceText(text, (await manager.text()).version);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('is refused when another was written meanwhile, and both are kept', async () => {
    await writeFile(file, 'logging:\n  level: info\n');
    const manager = await open();
    const { version } = await manager.text();
    await writeFile(file, 'logging:\n  level: error\n');
    await expect(manager.replaceText('logging:\n  level: warn\n', version)).rejects.toMatchObject({
      code: 'settings_changed',
      status: 409,
      details: { text: 'logging:\n  level: error\n' },
    });
    expect(await readFile(file, 'utf8')).toBe('logging:\n  level: error\n');
    const theirs = await manager.text();
    await manager.replaceText('logging:\n  level: warn\n', theirs.version);
    expect(manager.current().logging.level).toBe('warn');
  });

  it('is refused with every fault at its line, and what was in force stays', async () => {
    await writeFile(file, 'logging:\n  level: warn\n');
    const manager = await open();
    const { version } = await manager.text();
    await expect(manager.replaceText('server:\n  prot: 1\n  host: 2\n', version)).rejects.toMatchObject({
      code: 'invalid_config',
      details: [
        { path: 'server.prot', line: 2 },
        { path: 'server.host', line: 3 },
      ],
    });
    expect(manager.current().logging.level).toBe('warn');
    expect(await readFile(file, 'utf8')).toBe('logging:\n  level: warn\n');
  });

  it('is checked without being taken', () => {
    expect(checkSettingsText('server: [').faults[0]).toMatchObject({ line: 1 });
    expect(checkSettingsText('server:\n  port: 3000\n')).toEqual({ faults: [], notes: [] });
  });
});
