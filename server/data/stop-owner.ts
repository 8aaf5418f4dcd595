import os from 'node:os';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { findLiveOwner } from './lock.ts';
import { isAlive, type ProcessIdentity, readStartTime } from './process-identity.ts';
import { errnoOf } from './storage-error.ts';

export interface StopOwnerOptions {
  clock: Clock;
  /** For its ordered end after SIGTERM. */
  termMs: number;
  /** For the system to collect it after SIGKILL. */
  killMs: number;
  /** Asks it to end in order, before anything is signalled; false: it could not be asked. Must not throw. */
  askToEnd?(): Promise<boolean>;
}

const lookEveryMs = 100;

/**
 * Ends the program that holds a data directory: in order, and by force when that takes too long. Resolves with how it
 * went; `free`: nobody held it. Only a process of this machine that is for certain the one that wrote the lock is
 * signalled. Throws AppError `owner_elsewhere`, `owner_unknown` or `owner_not_stopped`, all 409.
 */
export async function stopOwner(dataDir: string, options: StopOwnerOptions): Promise<'free' | 'ended' | 'killed'> {
  const owner = await findLiveOwner(dataDir);
  if (owner === undefined) return 'free';
  if (owner === 'unreadable') throw unknownOwner('Its lock cannot be read yet.');
  if (owner.host !== os.hostname())
    throw refusal('owner_elsewhere', `It runs on the machine ${owner.host}. Stop it there.`);
  if (owner.pid === process.pid) throw unknownOwner('The lock is this program’s own.');
  const wasAsked = (await options.askToEnd?.()) === true;
  if (wasAsked && (await isGoneWithin(owner, options.termMs, options.clock))) return 'ended';
  if (!(await isCertain(owner)))
    throw unknownOwner(`It cannot be told whether process ${owner.pid} is still the same.`);
  if (!wasAsked && (!signal(owner.pid, 'SIGTERM') || (await isGoneWithin(owner, options.termMs, options.clock))))
    return 'ended';
  // Its number may be another's by now.
  if (!(await isCertain(owner)) || !signal(owner.pid, 'SIGKILL')) return 'ended';
  if (await isGoneWithin(owner, options.killMs, options.clock)) return 'killed';
  throw refusal(
    'owner_not_stopped',
    `Process ${owner.pid} does not end. Restart this machine, or choose another folder.`,
  );
}

/** Unlike `isAlive`, in doubt no. */
async function isCertain({ pid, startTime }: ProcessIdentity): Promise<boolean> {
  return startTime !== 'unknown' && (await readStartTime(pid)) === startTime;
}

async function isGoneWithin(owner: ProcessIdentity, ms: number, clock: Clock): Promise<boolean> {
  for (const end = clock.monotonic() + ms; clock.monotonic() < end; await clock.sleep(lookEveryMs))
    if (!(await isAlive(owner))) return true;
  return !(await isAlive(owner));
}

/** False: there is no such process any more. */
function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return false;
    throw refusal('owner_not_stopped', `Process ${pid} belongs to another user. Ask that user to stop it.`, error);
  }
}

function unknownOwner(why: string): AppError {
  return refusal('owner_unknown', `${why} Nothing was stopped. Wait a moment and try again, or stop it yourself.`);
}

function refusal(code: string, message: string, cause?: unknown): AppError {
  return new AppError(code, message, { status: 409, cause });
}
