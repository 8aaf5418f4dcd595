import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { diskKind } from '../../data/disk-kind.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Check } from '../check.ts';
import { fakeSurroundings, scratchFolder, settingsOf } from '../fake-surroundings.test-support.ts';
import { measurePausesInFiles, pausesIn } from '../measure-pauses.ts';
import type { ChecklistSurroundings } from '../surroundings.ts';
import { backups, dataVolume, disk, judgeDisk, judgePlace, sessionStore } from './data.ts';
import { clock, logs, update } from './operation.ts';

const day = 86_400_000;

async function run(check: Check, change: Partial<ChecklistSurroundings> = {}) {
  return check.run(await fakeSurroundings(change), new AbortController().signal);
}

it('data lies where a restart, a clean-up and the end of a container leave it alone', async () => {
  const at = (dataDir: string, type = 0xef53) =>
    judgePlace({ dataDir, temporary: '/var/tmp-of-me', ...diskKind(type) });
  expect(at('/srv/agentrail')).toEqual({ state: 'passed', code: 'volume_persistent' });
  expect(at('/tmpfolder/agentrail')).toMatchObject({ state: 'passed' });
  expect(at('/tmp/agentrail')).toMatchObject({ state: 'failed', code: 'volume_temporary' });
  expect(at('/var/tmp-of-me/x')).toMatchObject({ code: 'volume_temporary' });
  expect(at('/srv/a', 0x01021994)).toMatchObject({ state: 'failed', code: 'volume_memory', params: { kind: 'tmpfs' } });
  expect(at('/srv/a', 0x794c7630)).toMatchObject({ state: 'failed', code: 'volume_container' });
  expect(at('/srv/a', 0x6969)).toMatchObject({ state: 'warning', code: 'volume_network', params: { kind: 'NFS' } });
  const written = await run(dataVolume);
  expect(written.evidence.at(-1)?.name).toBe('512 bytes written, synced and read back');
  await expect(run(dataVolume, { dataDir: '/nowhere/at/all' })).rejects.toThrow('ENOENT');
});

it('a disk is full by its share and by its size', async () => {
  expect(judgeDisk(0.5, 9e10)).toMatchObject({ state: 'passed' });
  expect(judgeDisk(0.1, 9e10)).toMatchObject({ state: 'warning' });
  expect(judgeDisk(0.5, 3e9)).toMatchObject({ state: 'warning' });
  expect(judgeDisk(0.01, 9e10)).toMatchObject({ state: 'failed' });
  expect(judgeDisk(0.5, 5e8)).toMatchObject({ state: 'failed' });
  expect((await run(disk)).evidence.map(({ name }) => name)).toEqual(['free', 'size']);
});

it('several servers need a database, and one Docker between them', async () => {
  expect(await run(sessionStore)).toMatchObject({ state: 'passed', code: 'store_files_single' });
  const postgres = (instances: number) => ({ store: async () => ({ kind: 'postgres' as const, instances }) });
  expect(await run(sessionStore, postgres(1))).toMatchObject({ state: 'passed', code: 'store_postgres' });
  expect(await run(sessionStore, postgres(3))).toMatchObject({ state: 'warning', params: { count: 3 } });
  const settings = () => settingsOf({ sandbox: { dockerHost: 'ssh://docker.example.com' } });
  expect(await run(sessionStore, { ...postgres(3), settings })).toMatchObject({ state: 'passed' });
  const store = () => Promise.reject(new Error('connection refused'));
  expect(await run(sessionStore, { store })).toMatchObject({
    state: 'failed',
    params: { reason: 'connection refused' },
  });
});

it('a backup is there, young, whole, made by itself, and on another disk', async () => {
  const scheduled = { settings: () => settingsOf({ backup: { everyHours: 24 } }) };
  expect(await run(backups, scheduled)).toMatchObject({ state: 'warning', code: 'backups_same_disk' });
  expect(
    await run(backups, { ...scheduled, dataDir: '/proc/self', newestBackup: backupIn(await scratchFolder()) }),
  ).toMatchObject({
    ...{ state: 'passed', code: 'backups_verified' },
  });
  expect(await run(backups)).toMatchObject({
    state: 'warning',
    code: 'backups_no_schedule',
    fix: 'set_backup_schedule',
  });
  expect(await run(backups, { newestBackup: async () => ({ dir: '/b' }) })).toMatchObject({ code: 'backups_none' });
  expect(await run(backups, { newestBackup: backupIn('/b', 30) })).toMatchObject({
    code: 'backups_old',
    params: { days: 30 },
  });
  const drill = { name: 'b', at: 0, tenants: 1, sessions: 2, messages: 3 };
  const drilled = { newestBackup: async () => ({ ...(await backupIn('/b')()), drill }) };
  expect((await run(backups, drilled)).evidence).toContainEqual({
    ...{ name: 'last drill', value: 'b, 2 sessions, 1970-01-01T00:00:00.000Z' },
  });
  const damaged = { verifyBackup: () => Promise.reject(new AppError('backup_damaged', 'A file differs.')) };
  expect(await run(backups, damaged)).toMatchObject({ state: 'failed', params: { reason: 'A file differs.' } });
  const busy = { verifyBackup: () => Promise.reject(new AppError('backup_busy', 'Another one runs.')) };
  await expect(run(backups, busy)).rejects.toThrow('Another one runs.');
});

function backupIn(dir: string, daysAgo = 0): ChecklistSurroundings['newestBackup'] {
  const includes = { workspaces: false, secrets: false };
  const backup = { name: 'b', sizeBytes: 1, version: '1', includes, createdAt: Date.now() - daysAgo * day };
  return async () => ({ dir, backup });
}

it('a log is proven by a line that is found again, kept at a useful level, and ends some day', async () => {
  const ended = { settings: () => settingsOf({ retention: { logsDays: 30 } }) };
  expect(await run(logs, ended)).toMatchObject({ state: 'passed', code: 'logs_collected' });
  expect(await run(logs)).toMatchObject({ state: 'warning', code: 'logs_endless', fix: 'set_log_retention' });
  const quiet = { settings: () => settingsOf({ logging: { level: 'error' } }) };
  expect(await run(logs, quiet)).toMatchObject({ state: 'warning', code: 'logs_quiet', fix: 'set_log_level' });
  const lost = { tryLog: async () => ({ isFound: false, tookMs: 1 }) };
  expect(await run(logs, { ...ended, ...lost })).toMatchObject({ state: 'failed', code: 'logs_lost' });
  const { tryLog: _, ...elsewhere } = await fakeSurroundings(ended);
  const signal = new AbortController().signal;
  expect(await logs.run(elsewhere, signal)).toMatchObject({ state: 'could_not_check', code: 'logs_none' });
  await mkdir(join(elsewhere.dataDir, 'logs'));
  await writeFile(join(elsewhere.dataDir, 'logs/agentrail-2026-01-01.1.ndjson'), '{}\n');
  expect(await logs.run(elsewhere, signal)).toMatchObject({ state: 'passed', code: 'logs_seen' });
});

it('clocks are compared with each other', async () => {
  expect(await run(clock)).toMatchObject({ state: 'passed' });
  const ahead = async () => ({
    ...(await (await fakeSurroundings()).trySandbox(AbortSignal.timeout(1000))),
    engineAheadMs: 90_000,
  });
  expect(await run(clock, { trySandbox: ahead })).toMatchObject({
    ...{ state: 'warning', code: 'clock_apart', params: { other: 'Docker', seconds: 90 } },
  });
  expect(await run(clock, { now: () => Date.now() - 120_000 })).toMatchObject({ params: { other: 'the disk' } });
  expect(await run(clock, { now: () => 1000 })).toMatchObject({ state: 'failed', code: 'clock_wrong' });
  const none = () => Promise.reject(new Error('no Docker'));
  const alone = await run(clock, { trySandbox: none });
  expect(alone).toMatchObject({ state: 'passed' });
  expect(alone.evidence).toContainEqual({ name: 'Docker', value: 'not asked: no Docker' });
});

it('what is not known of updates is said', async () => {
  const of = (updates: ChecklistSurroundings['updates']) => ({ ...(updates && { updates }) });
  expect(
    await run(
      update,
      of(async () => ({ checkedAt: 1 })),
    ),
  ).toMatchObject({ state: 'passed' });
  expect(
    await run(
      update,
      of(async () => ({ checkedAt: 1, latest: '2.0.0' })),
    ),
  ).toMatchObject({ state: 'warning' });
  expect(
    await run(
      update,
      of(async () => undefined),
    ),
  ).toMatchObject({ code: 'update_unknown' });
  const offline = of(async () => ({ checkedAt: 1, problem: 'offline' }));
  expect(await run(update, offline)).toMatchObject({ state: 'could_not_check', code: 'update_failed' });
});

it('pauses are what lies before a message of the user, in the newest sessions', async () => {
  const said = (role: string, timestamp: number) => ({ role, timestamp });
  expect(pausesIn([said('user', 1), said('assistant', 5), said('toolResult', 9), said('user', 20)])).toEqual([11]);
  expect(pausesIn([said('user', 1), said('user', 5)])).toEqual([]);
  const dataDir = await scratchFolder();
  const signal = new AbortController().signal;
  expect(await measurePausesInFiles(dataDir, signal)).toEqual({ sessions: 0, pausesMs: [] });
  const folder = join(dataDir, 'tenants/default/sessions/s1');
  await mkdir(folder, { recursive: true });
  const lines = [said('user', 1), said('assistant', 5), said('user', 12)].map((line) => JSON.stringify(line));
  await writeFile(join(folder, 'messages.jsonl'), `${lines.join('\n')}\nnot json\n{"role":"us`);
  await mkdir(join(dataDir, 'tenants/default/sessions/empty'));
  expect(await measurePausesInFiles(dataDir, signal)).toEqual({ sessions: 1, pausesMs: [7] });
});
