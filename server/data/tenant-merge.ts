import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { MergeMode } from '../contract/keeping.ts';
import { syncFolder } from './folders.ts';
import type { SessionShelf } from './session-shelf.ts';
import { shelve } from './shelved-files.ts';
import { errnoOf } from './storage-error.ts';

/** Folders whose entries stand each for themselves: a session is never mixed of two. */
const units = ['sessions', 'users', 'knowledge_bases'];

export interface MergeHooks {
  /**
   * Called before a session that is there makes room: whoever has its files open lets go of them and deletes it. False:
   * it stays, because something goes on in it.
   */
  makeRoom?(sessionId: string): Promise<boolean>;
  /** Takes the sessions in the place of the tenant's folder. */
  shelf?: { shelf: SessionShelf; tenantId: string };
}

export interface MergeCounts {
  added: number;
  replaced: number;
  skipped: number;
}

/** Paths of what comes as a whole, relative to the tenant: each session, user and knowledge base, and what lies beside. */
export async function unitsIn(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await namesIn(root)) {
    if (units.includes(name)) found.push(...(await namesIn(path.join(root, name))).map((each) => `${name}/${each}`));
    else found.push(name);
  }
  return found.toSorted();
}

/** Moves what is staged into a tenant that is there, unit by unit, each in one step. */
export async function mergeTenant(
  staging: string,
  target: string,
  mode: MergeMode,
  { makeRoom = async () => true, shelf: shelved }: MergeHooks,
): Promise<MergeCounts> {
  const counts: MergeCounts = { added: 0, replaced: 0, skipped: 0 };
  const touched = new Set<string>();
  for (const unit of await unitsIn(staging)) {
    const to = path.join(target, unit);
    const [kind, sessionId] = unit.split('/');
    if (shelved && kind === 'sessions' && sessionId !== undefined) {
      counts[await shelve({ ...shelved, sessionId, from: path.join(staging, unit), to, mode, makeRoom })] += 1;
      continue;
    }
    const hasOne = await isThere(to);
    if (hasOne && (mode === 'skip' || !(await isFree(unit)))) {
      counts.skipped += 1;
      continue;
    }
    await replace(path.join(staging, unit), to);
    touched.add(path.dirname(to));
    if (hasOne) counts.replaced += 1;
    else counts.added += 1;
  }
  for (const folder of touched) await syncFolder(folder);
  return counts;

  async function isFree(unit: string): Promise<boolean> {
    const [kind, sessionId] = unit.split('/');
    return kind !== 'sessions' || sessionId === undefined || (await makeRoom(sessionId));
  }
}

/** The old one is out of sight before the new one takes its place; what is out of sight is removed. */
async function replace(from: string, to: string): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true, mode: 0o700 });
  const old = path.join(path.dirname(to), `.trash-${randomUUID()}`);
  try {
    await rename(to, old);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  await rename(from, to);
  await rm(old, { recursive: true, force: true });
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}

async function isThere(at: string): Promise<boolean> {
  try {
    await stat(at);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
