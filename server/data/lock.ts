import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm, unlink } from 'node:fs/promises';
import os from 'node:os';
import { z } from 'zod';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { createDataLayout } from './layout.ts';
import { isAlive, ownIdentity } from './process-identity.ts';
import { errnoOf, toStorageError } from './storage-error.ts';

const ownerSchema = z.object({
  pid: z.number().int().positive(),
  startTime: z.string(),
  host: z.string(),
  instanceId: z.string(),
  /** Milliseconds since 1970. */
  acquiredAt: z.number(),
});

/** Who holds a data directory. */
export type LockOwner = z.infer<typeof ownerSchema>;

export interface DataDirLock extends AsyncDisposable {
  readonly owner: LockOwner;
  /** The dead owner whose lock was taken over, or `unreadable` when the file did not say. */
  readonly tookOver?: LockOwner | 'unreadable';
  /** False when the file is gone or another's: the disk went away, or somebody removed it. Throws the disk's error. */
  isHeld(): Promise<boolean>;
  /** Removes the file when it is still this lock's own; twice is once. Throws the disk's error. */
  release(): Promise<void>;
}

export interface LockOptions {
  instanceId: string;
  clock: Clock;
}

/**
 * Makes this process the only writer of the data directory. Throws AppError `data_dir_locked` (409, details: {pid, host,
 * ageMs}) while another one is, and `storage_unavailable`. The folder must exist.
 */
export async function acquireDataDirLock(dataDir: string, { instanceId, clock }: LockOptions): Promise<DataDirLock> {
  const file = createDataLayout(dataDir).lockFile;
  const owner: LockOwner = { ...(await ownIdentity()), host: os.hostname(), instanceId, acquiredAt: clock.now() };
  try {
    const replaced = await takeLock(file, owner, clock, 0);
    return toLock(file, owner, replaced);
  } catch (error) {
    throw toStorageError(error);
  }
}

/**
 * Who holds the data directory now, as far as can be told; undefined: nobody that still lives. Throws AppError
 * `console_refused` (403) when this user may not know, and `storage_unavailable`.
 */
export async function findLiveOwner(dataDir: string): Promise<LockOwner | 'unreadable' | undefined> {
  try {
    const found = await readLock(createDataLayout(dataDir).lockFile);
    if (found === undefined) return undefined;
    if (found.owner === undefined) return 'unreadable';
    return (await isStale(found)) ? undefined : found.owner;
  } catch (error) {
    if (errnoOf(error) === 'EACCES' || errnoOf(error) === 'EPERM') {
      const message = `${dataDir} belongs to another user: the server there takes commands from that account alone.`;
      throw new AppError('console_refused', message, { status: 403, cause: error });
    }
    throw toStorageError(error);
  }
}

/** Who holds a data directory at this moment, without asking for it. */
export type LockState =
  | { state: 'none' }
  /** A process that lives, of this machine. */
  | { state: 'held'; owner: LockOwner }
  /** On another machine, which cannot be asked. */
  | { state: 'elsewhere'; owner: LockOwner }
  | { state: 'stale'; owner: LockOwner }
  | { state: 'unreadable' };

/** Throws the disk's error. */
export async function inspectDataDirLock(dataDir: string): Promise<LockState> {
  const found = await readLock(createDataLayout(dataDir).lockFile);
  if (found === undefined) return { state: 'none' };
  const { owner } = found;
  if (owner === undefined) return { state: 'unreadable' };
  if (owner.host !== os.hostname()) return { state: 'elsewhere', owner };
  return { state: (await isAlive(owner)) ? 'held' : 'stale', owner };
}

function toLock(file: string, owner: LockOwner, replaced: Found | undefined): DataDirLock {
  const isHeld = async (): Promise<boolean> => isSame(await readLock(file), { owner });
  const release = async (): Promise<void> => {
    if (await isHeld()) await unlink(file);
  };
  return {
    owner,
    ...(replaced === undefined ? {} : { tookOver: replaced.owner ?? 'unreadable' }),
    isHeld,
    release,
    [Symbol.asyncDispose]: release,
  };
}

/** What a lock file says; without an owner when it cannot be understood. */
interface Found {
  owner?: LockOwner;
}

/** Each takeover that died in its few milliseconds costs one level. */
const maxLevels = 4;

/** Without hard links a lock can be seen half written; one that stays so was left by a crash. */
const maxLooks = 10;
const lookEveryMs = 50;

/**
 * Links a finished file into place, so that a lock is never seen half written. A stale one is replaced under a second
 * lock beside it: of two processes that both found it stale, the later one must not replace the earlier one's new lock.
 * Resolves with what was replaced.
 */
async function takeLock(file: string, owner: LockOwner, clock: Clock, level: number): Promise<Found | undefined> {
  const finished = `${file}.${randomUUID()}.tmp`;
  await writeSynced(finished, JSON.stringify(owner));
  try {
    for (let looks = 0; !(await linkIfFree(finished, file)); looks += 1) {
      const found = await readLock(file);
      if (found === undefined) continue;
      if (found.owner === undefined && looks < maxLooks) {
        await clock.sleep(lookEveryMs);
        continue;
      }
      if (level >= maxLevels || !(await isStale(found))) throw locked(found, owner);
      if (await replaceStale(file, finished, found, owner, clock, level)) return found;
    }
    return undefined;
  } finally {
    await rm(finished, { force: true });
  }
}

async function replaceStale(
  file: string,
  finished: string,
  stale: Found,
  owner: LockOwner,
  clock: Clock,
  level: number,
): Promise<boolean> {
  const guard = `${file}.takeover`;
  await takeLock(guard, owner, clock, level + 1);
  try {
    if (!isSame(await readLock(file), stale)) return false;
    await rename(finished, file);
    return true;
  } finally {
    await rm(guard, { force: true });
  }
}

async function linkIfFree(finished: string, file: string): Promise<boolean> {
  try {
    await link(finished, file);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EEXIST') return false;
    if (errno === 'EPERM' || errno === 'ENOTSUP' || errno === 'ENOSYS') return createIfFree(finished, file);
    throw error;
  }
}

/** For file systems without hard links. */
async function createIfFree(finished: string, file: string): Promise<boolean> {
  const content = await readFile(finished, 'utf8');
  try {
    await writeSynced(file, content);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function writeSynced(file: string, content: string): Promise<void> {
  await using handle = await open(file, 'wx', 0o600);
  await handle.writeFile(content);
  await handle.sync();
}

async function readLock(file: string): Promise<Found | undefined> {
  try {
    const parsed = ownerSchema.safeParse(parseJson(await readFile(file, 'utf8')));
    return parsed.success ? { owner: parsed.data } : {};
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A process on another machine cannot be asked, so its lock counts as held. */
async function isStale({ owner }: Found): Promise<boolean> {
  if (owner === undefined) return true;
  return owner.host === os.hostname() && !(await isAlive(owner));
}

function isSame(a: Found | undefined, b: Found): boolean {
  return a !== undefined && JSON.stringify(a.owner) === JSON.stringify(b.owner);
}

function locked({ owner }: Found, self: LockOwner): AppError {
  if (owner === undefined) {
    return new AppError('data_dir_locked', 'The data directory is in use by another Agentrail that is just starting.', {
      status: 409,
    });
  }
  const { pid, host, acquiredAt } = owner;
  const ageMs = Math.max(0, self.acquiredAt - acquiredAt);
  const sentence =
    host === self.host
      ? `The data directory is in use by another Agentrail (process ${pid}, since ${inWords(ageMs)}). Stop that one, or choose another data directory.`
      : `The data directory is in use by Agentrail on the machine ${host} (process ${pid}, since ${inWords(ageMs)}). Stop it there; if that machine is gone, remove the file named lock in the data directory.`;
  return new AppError('data_dir_locked', sentence, { status: 409, details: { pid, host, ageMs } });
}

function inWords(ms: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ] as const;
  const [unit, size] = units.find(([, unitMs]) => ms >= unitMs) ?? ['second', 1000];
  const count = Math.floor(ms / size);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
