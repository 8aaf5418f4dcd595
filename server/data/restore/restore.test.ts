import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CopyStep } from '../../contract/backups.ts';
import { createBackup } from '../backup/create-backup.ts';
import { drillRestore } from './drill.ts';
import { prepareRestore, restoreBackup } from './restore.ts';
import { finishSwap } from './swap.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
let root: string;
let dataDir: string;
let archive: string;

const at = (...parts: string[]) => path.join(dataDir, ...parts);
const session = 'tenants/acme/sessions/ses_1/messages.jsonl';

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'restore-'));
  dataDir = path.join(root, 'data');
  await mkdir(path.dirname(at(session)), { recursive: true });
  await writeFile(at(session), '"then"\n');
  await writeFile(at('vault.key'), 'key of then');
  ({ file: archive } = await backUp({ secrets: false }));
  await writeFile(at(session), '"now"\n');
  await writeFile(at('vault.key'), 'key of now');
  await writeFile(at('console-sessions.json'), 'cookies');
});
afterEach(() => rm(root, { recursive: true }));

function backUp({ secrets }: { secrets: boolean }) {
  return createBackup({
    ...{ dataDir, dir: at('backups'), version: '1.0.0', now, includes: { workspaces: false, secrets } },
    ...(secrets && { passphrase: 'correct horse' }),
  });
}

const read = (file: string) => readFile(at(file), 'utf8');

describe('a restore', () => {
  it('puts the archive in force and keeps the directory so far beside it', async () => {
    const report = await restoreBackup({ dataDir, archive, now });
    const previous = `${dataDir}.before-restore-20260102T030405Z`;
    expect(report).toEqual({ files: 1, totalBytes: 7, createdAt: now, previous, keptSecrets: true });
    expect(await read(session)).toBe('"then"\n');
    expect(await readFile(path.join(previous, session), 'utf8')).toBe('"now"\n');
    // The archive holds no secrets: those of today stay, and so does who is signed in. Archives lie with what is in force.
    expect(await read('vault.key')).toBe('key of now');
    expect(await read('console-sessions.json')).toBe('cookies');
    expect(await readdir(at('backups'))).toEqual([path.basename(archive)]);
    expect((await readdir(root)).toSorted()).toEqual(['data', path.basename(previous)]);
  });

  it('brings sealed secrets back with the passphrase', async () => {
    const { file } = await backUp({ secrets: true });
    await writeFile(at('vault.key'), 'changed since');
    await restoreBackup({ dataDir, archive: file, passphrase: 'correct horse', now });
    expect(await read('vault.key')).toBe('key of now');
  });

  it('makes a data directory where there is none', async () => {
    const fresh = path.join(root, 'deep', 'fresh');
    const report = await restoreBackup({ dataDir: fresh, archive, now });
    expect(report).toMatchObject({ files: 1, keptSecrets: false });
    expect(report).not.toHaveProperty('previous');
    expect(await readFile(path.join(fresh, session), 'utf8')).toBe('"then"\n');
    expect(await readdir(path.dirname(fresh))).toEqual(['fresh']);
  });

  it('that is aborted, refused or thrown away leaves the old data in force and nothing beside', async () => {
    const abort = new AbortController();
    const onStep = (step: CopyStep) => step.stage === 'unpack' && abort.abort(new Error('enough'));
    await expect(restoreBackup({ dataDir, archive, now, onStep, signal: abort.signal })).rejects.toThrow('enough');
    const cut = path.join(root, 'cut');
    await writeFile(cut, (await readFile(archive)).subarray(0, -40));
    await expect(restoreBackup({ dataDir, archive: cut, now })).rejects.toMatchObject({ code: 'backup_damaged' });
    await rm(cut);
    await (await prepareRestore({ dataDir, archive, now })).discard();
    expect(await read(session)).toBe('"now"\n');
    expect(await readdir(root)).toEqual(['data']);
  });

  it('keeps what is in force when names of the archive would collide', async () => {
    await restoreBackup({ dataDir, archive, now });
    await restoreBackup({ dataDir, archive: at('backups', path.basename(archive)), now });
    expect((await readdir(root)).filter((name) => name.startsWith('data.before-restore-'))).toHaveLength(2);
  });
});

describe('a swap that was interrupted', () => {
  const journal = () => path.join(root, '.data.swap.json');
  beforeEach(async () => {
    await cp(dataDir, path.join(root, 'new'), { recursive: true });
    await writeFile(path.join(root, 'new', session), '"new"\n');
    const content = { format: 'agentrail-swap', staging: 'new', previous: 'old' };
    await writeFile(journal(), JSON.stringify(content));
  });

  it.each([
    ['before the first rename', async () => undefined],
    ['between the renames', () => rename(dataDir, path.join(root, 'old'))],
    [
      'after both',
      async () => {
        await rename(dataDir, path.join(root, 'old'));
        await rename(path.join(root, 'new'), dataDir);
      },
    ],
  ])('%s is finished by whoever opens next', async (_when, interrupt) => {
    await interrupt();
    await Promise.all([finishSwap(dataDir), finishSwap(dataDir)]);
    expect(await read(session)).toBe('"new"\n');
    expect(await readFile(path.join(root, 'old', session), 'utf8')).toBe('"now"\n');
    expect(existsSync(journal())).toBe(false);
  });

  it('is finished behind a link as well', async () => {
    const link = path.join(root, 'link');
    await symlink('data', link);
    await rename(dataDir, path.join(root, 'old'));
    await finishSwap(link);
    expect(await read(session)).toBe('"new"\n');
  });

  it('is not guessed at when its folders went elsewhere', async () => {
    await rename(dataDir, path.join(root, 'elsewhere'));
    await rename(path.join(root, 'new'), path.join(root, 'elsewhere-too'));
    await expect(finishSwap(dataDir)).rejects.toMatchObject({ code: 'restore_interrupted' });
    await writeFile(journal(), '{');
    await expect(finishSwap(dataDir)).rejects.toMatchObject({ code: 'restore_interrupted' });
  });
});

describe('a restore drill', () => {
  const drill = (tryStore: (folder: string) => Promise<{ tenants: number; sessions: number; messages: number }>) =>
    drillRestore({ archive, scratchDir: root, tryStore });

  it('opens what was unpacked, and touches nothing', async () => {
    const report = await drill(async (folder) => {
      expect(await readFile(path.join(folder, session), 'utf8')).toBe('"then"\n');
      return { tenants: 1, sessions: 1, messages: 1 };
    });
    expect(report).toMatchObject({ files: 1, sessions: 1, version: '1.0.0' });
    expect(await readdir(root)).toEqual(['data']);
  });

  it('fails when the store does not open', async () => {
    await expect(drill(() => Promise.reject(new Error('no')))).rejects.toMatchObject({ code: 'drill_failed' });
    expect(await readdir(root)).toEqual(['data']);
  });
});
