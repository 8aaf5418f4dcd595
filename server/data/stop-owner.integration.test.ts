import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { findLiveOwner } from './lock.ts';
import { readStartTime } from './process-identity.ts';
import { stopOwner } from './stop-owner.ts';

const options = { clock: systemClock, termMs: 800, killMs: 5000 };
let dataDir: string;
let holder: ChildProcess | undefined;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'agentrail-owner-'));
});
afterEach(async () => {
  holder?.kill('SIGKILL');
  holder = undefined;
  await rm(dataDir, { recursive: true, force: true });
});

/** A process that says it holds the data directory, and says so in a lock with these differences. */
async function hold(program: string, changes: object = {}): Promise<number> {
  holder = spawn(process.execPath, ['-e', `${program}; console.log('up'); setInterval(() => undefined, 1000)`]);
  if (holder.stdout) await once(holder.stdout, 'data');
  const pid = holder.pid ?? 0;
  const startTime = await readStartTime(pid);
  const owner = { pid, startTime, host: hostname(), instanceId: 'inst-1', acquiredAt: Date.now(), ...changes };
  await writeFile(join(dataDir, 'lock'), JSON.stringify(owner));
  return pid;
}

const isUp = () => holder?.exitCode === null && holder.signalCode === null;

test('an owner that obeys ends in order', async () => {
  await hold(`process.on('SIGTERM', () => process.exit(0))`);
  expect(await stopOwner(dataDir, options)).toBe('ended');
  expect(await findLiveOwner(dataDir)).toBeUndefined();
});

test('an owner that can be asked is asked, and gets no signal', async () => {
  await hold(`process.on('SIGTERM', () => process.exit(1)); process.stdin.once('data', () => process.exit(0))`);
  const askToEnd = async () => holder?.stdin?.write('end') !== undefined;
  expect(await stopOwner(dataDir, { ...options, askToEnd })).toBe('ended');
  expect(holder?.exitCode).toBe(0);
});

test('one that was asked and does not end is killed after the bound; one that cannot be asked is signalled', async () => {
  await hold(`process.on('SIGTERM', () => process.exit(0))`);
  expect(await stopOwner(dataDir, { ...options, askToEnd: async () => true })).toBe('killed');
  await hold(`process.on('SIGTERM', () => process.exit(0))`);
  expect(await stopOwner(dataDir, { ...options, askToEnd: async () => false })).toBe('ended');
});

test('one that does not is killed after the bound', async () => {
  await hold(`process.on('SIGTERM', () => undefined)`);
  expect(await stopOwner(dataDir, options)).toBe('killed');
});

test('a data directory that nobody holds is free', async () => {
  expect(await stopOwner(dataDir, options)).toBe('free');
});

test('a lock whose number now belongs to another process is free, and that process goes on', async () => {
  await hold('', { startTime: 'an earlier one' });
  expect(await stopOwner(dataDir, options)).toBe('free');
  expect(isUp()).toBe(true);
});

test.each([
  ['that cannot be told for certain', { startTime: 'unknown' }, 'owner_unknown'],
  ['on another machine', { host: 'elsewhere.example' }, 'owner_elsewhere'],
])('an owner %s is left alone', async (_what, changes, code) => {
  await hold('', changes);
  await expect(stopOwner(dataDir, options)).rejects.toMatchObject({ code });
  expect(isUp()).toBe(true);
  expect(await readFile(join(dataDir, 'lock'), 'utf8')).toContain('inst-1');
});
