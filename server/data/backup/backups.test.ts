import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { configSchema } from '../../contract/config.ts';
import type { Clock } from '../../lib/clock.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { startBackupTimer } from './backup-timer.ts';
import { createBackups } from './backups.ts';

const hourMs = 3_600_000;
const plain = { workspaces: false, secrets: false };
let dataDir: string;
let now: number;
let settings: ReturnType<typeof configSchema.parse>['backup'];

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'backups-'));
  await writeFile(path.join(dataDir, 'agentrail.yaml'), 'version: 1\n');
  now = Date.UTC(2026, 0, 2, 3, 4, 5);
  settings = { ...configSchema.parse({}).backup, everyHours: 24, keep: 2 };
});
afterEach(() => rm(dataDir, { recursive: true }));

const clock: Clock = { now: () => now, monotonic: () => now, sleep: () => new Promise(() => undefined) };

function make() {
  const tryStore = async () => ({ tenants: 0, sessions: 0, messages: 0 });
  const options = { dataDir, version: '1.0.0', tryStore, clock, logger: silentLogger };
  return createBackups({ ...options, settings: () => settings });
}
const due = (backups: ReturnType<typeof make>) => backups.whenDue(new AbortController().signal);

it('scheduled backups are made when they are due, also when the program did not run then, and old ones go', async () => {
  const backups = make();
  expect((await backups.schedule()).nextAt).toBe(now);
  const made: (number | undefined)[] = [];
  for (let hour = 0; hour < 72; hour += 1) {
    await due(backups);
    made.push(await backups.lastAt());
    now += hourMs;
  }
  expect(new Set(made).size).toBe(3);
  expect((await backups.list()).backups).toHaveLength(2);
  now += 30 * 24 * hourMs;
  await due(make());
  expect(await backups.lastAt()).toBe(now);
  settings = { ...settings, everyHours: 0 };
  expect(await backups.schedule()).not.toHaveProperty('nextAt');
});

it('one that fails is told and tried again an hour later, and forgotten once it works', async () => {
  await writeFile(path.join(dataDir, 'file'), '');
  settings = { ...settings, dir: path.join(dataDir, 'file', 'below') };
  const backups = make();
  const errors: string[] = [];
  await due(backups);
  errors.push((await backups.schedule().catch(() => undefined))?.problem?.code ?? 'unreadable');
  settings = { ...settings, dir: path.join(dataDir, 'other') };
  expect((await backups.schedule()).problem?.code).toMatch(/^backup_/);
  await due(backups);
  expect(await backups.lastAt()).toBeUndefined();
  now += hourMs;
  await due(backups);
  expect(await backups.schedule()).toMatchObject({ lastAt: now });
  expect(await backups.schedule()).not.toHaveProperty('problem');
});

it('archives are listed, also those that are no use, checked, drilled and removed by name', async () => {
  const backups = make();
  const { name } = await backups.create(plain);
  const broken = 'agentrail-backup-20250101T000000Z-abcdef.tar.gz';
  await writeFile(path.join(dataDir, 'backups', broken), 'no');
  expect((await backups.list()).backups).toMatchObject([
    { name, version: '1.0.0', createdAt: now },
    { name: broken, problem: expect.stringContaining('damaged') },
  ]);
  expect(await backups.verify(name)).toMatchObject({ name, files: 1 });
  expect(await backups.drill(name)).toMatchObject({ name, sessions: 0 });
  await backups.remove(broken);
  expect(await readdir(path.join(dataDir, 'backups'))).toEqual([name]);
  for (const bad of [broken, '../agentrail.yaml', '/etc/passwd', ''])
    await expect(backups.fileOf(bad)).rejects.toMatchObject({ code: 'backup_not_found' });
});

it('two at once are refused, and closing the timer ends the one that goes on without a rest', async () => {
  const backups = make();
  const first = backups.create(plain);
  await expect(backups.create(plain)).rejects.toMatchObject({ code: 'backup_busy', status: 409 });
  await first;
  await mkdir(path.join(dataDir, 'tenants'));
  await writeFile(path.join(dataDir, 'tenants', 'large'), Buffer.alloc(20_000_000));
  now += 48 * hourMs;
  const wakes: (() => void)[] = [];
  const asleep: Clock = {
    ...clock,
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) reject(signal.reason);
        wakes.push(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  const timer = startBackupTimer(backups, asleep);
  wakes[0]?.();
  await new Promise((resolve) => setImmediate(resolve));
  await timer.close();
  await timer.close();
  expect((await readdir(path.join(dataDir, 'backups'))).filter((name) => name.startsWith('.'))).toEqual([]);
});
