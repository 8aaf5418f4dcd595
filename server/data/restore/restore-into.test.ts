import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createBackup } from '../backup/create-backup.ts';
import { restoreInto } from './restore-into.ts';

let root: string;
let dataDir: string;
let archive: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'into-'));
  dataDir = path.join(root, 'data');
  await mkdir(path.join(dataDir, 'tenants'), { recursive: true });
  await writeFile(path.join(dataDir, 'tenants', 'x'), 'then');
  const includes = { workspaces: false, secrets: false };
  ({ file: archive } = await createBackup({ dataDir, dir: root, version: '1', includes, now: 1 }));
  await writeFile(path.join(dataDir, 'tenants', 'x'), 'now');
});
afterEach(() => rm(root, { recursive: true }));

const into = (to: string) => restoreInto({ dataDir, archive, to, installRoot: '/opt/agentrail', now: 2 });

it.each(['new', 'deep/new', 'empty'])(
  'an archive is restored into the folder %s, and what is in force stays',
  async (name) => {
    await mkdir(path.join(root, 'empty'));
    const to = path.join(root, name);
    expect(await into(to)).toMatchObject({ to, files: 1 });
    expect(await readFile(path.join(to, 'tenants', 'x'), 'utf8')).toBe('then');
    expect(await readFile(path.join(dataDir, 'tenants', 'x'), 'utf8')).toBe('now');
    expect((await readdir(root)).filter((each) => each.includes('restore'))).toEqual([]);
  },
);

it('a folder that holds something, lies in the data directory or is named by half is refused', async () => {
  await mkdir(path.join(root, 'full'));
  await writeFile(path.join(root, 'full', 'mine'), 'mine');
  await expect(into(path.join(root, 'full'))).rejects.toMatchObject({ code: 'move_not_empty' });
  await expect(into(path.join(dataDir, 'inside'))).rejects.toMatchObject({ code: 'move_unsafe' });
  await expect(into(dataDir)).rejects.toMatchObject({ code: 'move_unsafe' });
  await expect(into('half')).rejects.toMatchObject({ code: 'move_unsafe' });
  expect(await readFile(path.join(root, 'full', 'mine'), 'utf8')).toBe('mine');
});
