import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { BackupSchedule } from '../../contract/backups.ts';
import { archiveName } from './archive-format.ts';
import { readArchive } from './read-archive.ts';

const run = promisify(execFile);
const fixture = fileURLToPath(new URL('./fixtures/scheduler.ts', import.meta.url));
let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'scheduled-'));
});
afterEach(() => rm(root, { recursive: true }));

async function fill(dataDir: string, bytes: number): Promise<void> {
  await mkdir(path.join(dataDir, 'tenants'), { recursive: true });
  await writeFile(path.join(dataDir, 'tenants', 'noise'), randomBytes(bytes));
}

async function scheduleAfter(dataDir: string): Promise<BackupSchedule> {
  const { stdout } = await run(process.execPath, [fixture, dataDir]);
  return JSON.parse(stdout.split('\n')[1] ?? '') as BackupSchedule;
}

const archives = async (dataDir: string) =>
  (await readdir(path.join(dataDir, 'backups')).catch(() => [])).filter((name) => archiveName.test(name));

it('a scheduled backup that is killed leaves no archive, and the next start makes it up', async () => {
  const dataDir = path.join(root, 'data');
  await fill(dataDir, 30_000_000);
  const child = spawn(process.execPath, [fixture, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  // In its middle: the archive has begun to grow under its temporary name.
  await expect.poll(() => readdir(path.join(dataDir, 'backups')).catch(() => []), { timeout: 10_000 }).toHaveLength(1);
  child.kill('SIGKILL');
  await closed;
  expect(await archives(dataDir)).toEqual([]);
  const schedule = await scheduleAfter(dataDir);
  expect(schedule).toMatchObject({ at: '03:00', lastResult: { ok: true } });
  expect(schedule.nextAt).toBeGreaterThan(Date.now());
  const [name = ''] = await archives(dataDir);
  expect(await readArchive(path.join(dataDir, 'backups', name))).toMatchObject({ files: 1, totalBytes: 30_000_000 });
}, 60_000);

it('a scheduled backup on a full disk is a problem that outlives the program, until one is made', async () => {
  const dataDir = path.join(root, 'disk');
  await mkdir(dataDir);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', dataDir]).catch((cause: unknown) => {
    throw new Error('This suite mounts a small tmpfs: run it as root on Linux, for instance with sudo.', { cause });
  });
  try {
    await fill(dataDir, 4_000_000);
    expect(await scheduleAfter(dataDir)).toMatchObject({ problem: { code: 'backup_disk_full' } });
    // Not tried again at once by the next start, and still told.
    const told = await scheduleAfter(dataDir);
    expect(told).toMatchObject({ problem: { code: 'backup_disk_full' }, lastResult: { ok: false } });
    expect(told.nextAt).toBeGreaterThan(Date.now() + 1_000_000);
    expect(await archives(dataDir)).toEqual([]);
  } finally {
    await run('umount', [dataDir]);
  }
}, 60_000);
