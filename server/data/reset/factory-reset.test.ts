import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askForReset, carryOutReset, forgetReset, nextResetName, planReset, readNextReset } from './factory-reset.ts';

let root: string;
let dataDir: string;
const at = (...parts: string[]) => path.join(dataDir, ...parts);

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'reset-'));
  dataDir = path.join(root, 'data');
  for (const folder of ['tenants/acme/sessions/ses_1', 'sandboxes/acme', 'backups', 'logs', 'mine'])
    await mkdir(at(folder), { recursive: true });
  for (const file of ['tenants/acme/sessions/ses_1/messages.jsonl', 'vault.json', 'vault.key', 'api-tokens.json'])
    await writeFile(at(file), 'x');
  for (const file of ['agentrail.yaml', 'backups/a.tar.zst', 'mine/notes.txt', '.vault.json.1.tmp', 'lock'])
    await writeFile(at(file), 'x');
});
afterEach(() => rm(root, { recursive: true }));

describe('a factory reset', () => {
  it('says what goes and what stays, and does just that', async () => {
    await mkdir(`${dataDir}.before-restore-20260101T000000Z`);
    const plan = await planReset(dataDir, false);
    expect(plan).toEqual({
      goes: ['agentrail.yaml', 'api-tokens.json', 'logs', 'sandboxes', 'tenants', 'vault.json', 'vault.key'],
      stays: ['backups', 'mine'],
      elsewhere: [`${dataDir}.before-restore-20260101T000000Z`],
    });
    await askForReset(dataDir, { keepSettings: false, askedAt: 1 });
    expect(await carryOutReset(dataDir)).toEqual(plan);
    expect((await readdir(dataDir)).toSorted()).toEqual(['backups', 'lock', 'mine']);
    expect(await readFile(at('backups/a.tar.zst'), 'utf8')).toBe('x');
    expect(existsSync(`${dataDir}.before-restore-20260101T000000Z`)).toBe(true);
    expect(await carryOutReset(dataDir)).toBeUndefined();
  });

  it('keeps the settings when it is asked to', async () => {
    await askForReset(dataDir, { keepSettings: true, askedAt: 1 });
    await carryOutReset(dataDir);
    expect((await readdir(dataDir)).toSorted()).toEqual(['agentrail.yaml', 'backups', 'lock', 'mine']);
  });

  it('is forgotten when it is called off, and never guessed at', async () => {
    await askForReset(dataDir, { keepSettings: true, askedAt: 7 });
    expect(await readNextReset(dataDir)).toEqual({ keepSettings: true, askedAt: 7 });
    await forgetReset(dataDir);
    expect(await carryOutReset(dataDir)).toBeUndefined();
    for (const text of ['', '{', '{"format":"agentrail-next-reset"}', '[]']) {
      await writeFile(at(nextResetName), text);
      await expect(carryOutReset(dataDir)).rejects.toMatchObject({ code: 'reset_unclear' });
    }
    expect(existsSync(at('tenants/acme/sessions/ses_1/messages.jsonl'))).toBe(true);
  });
});
