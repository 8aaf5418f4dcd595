import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readStartTime } from '../data/process-identity.ts';
import { createStartAid } from './start-aid.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'agentrail-aid-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test('the newest lines of the log are told, oldest first', async () => {
  await mkdir(join(dataDir, 'logs'));
  const line = (seq: number) =>
    JSON.stringify({
      seq,
      time: Date.UTC(2026, 0, 1, 12, 0, seq),
      level: 'info',
      component: 'http',
      msg: `line ${seq}`,
    });
  await writeFile(join(dataDir, 'logs/agentrail-2026-01-01.1.ndjson'), `${[1, 2, 3].map(line).join('\n')}\n`);
  const lines = await createStartAid({ dataDir }).lastLogLines(2);
  expect(lines).toEqual(['2026-01-01T12:00:02.000Z info http line 2', '2026-01-01T12:00:03.000Z info http line 3']);
});

test('without a log there are no lines, and without a data directory nothing is made', async () => {
  const aid = createStartAid({ dataDir: join(dataDir, 'none') });
  expect(await aid.lastLogLines(5)).toEqual([]);
  expect(await aid.owner()).toBeUndefined();
  expect(await aid.repair()).toEqual([]);
  await expect(stat(join(dataDir, 'none'))).rejects.toThrow('ENOENT');
});

test('the program that holds the data directory is named', async () => {
  const startTime = await readStartTime(process.pid);
  const owner = { pid: process.pid, startTime, host: hostname(), instanceId: 'inst-1', acquiredAt: 1 };
  await writeFile(join(dataDir, 'lock'), JSON.stringify(owner));
  expect(await createStartAid({ dataDir }).owner()).toEqual({ pid: process.pid, host: hostname() });
});

test('a repair gives this user back the folders that it may not use, and leaves the others as they are', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'agentrail-outside-'));
  for (const name of ['logs', 'tenants']) await mkdir(join(dataDir, name));
  await symlink(outside, join(dataDir, 'link'));
  await chmod(outside, 0o500);
  await chmod(join(dataDir, 'logs'), 0o500);
  await chmod(join(dataDir, 'tenants'), 0o755);
  const repaired = await createStartAid({ dataDir }).repair();
  expect(repaired).toEqual([{ what: 'rights', path: join(dataDir, 'logs') }]);
  expect(await modeOf(join(dataDir, 'logs'))).toBe(0o700);
  expect(await modeOf(join(dataDir, 'tenants'))).toBe(0o755);
  expect(await modeOf(outside)).toBe(0o500);
  await rm(outside, { recursive: true });
});
