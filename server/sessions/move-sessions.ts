import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { KeepingProgress } from '../contract/keeping.ts';
import type { SessionShelf } from '../data/session-shelf.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { fingerprintOf } from './session-files.ts';

export interface MoveOptions {
  from: SessionShelf;
  to: SessionShelf;
  tenants: readonly string[];
  /** A folder of its own, made and removed here. */
  staging: string;
  /** Sessions that are in their new place, and proven to be the same there, go from the old one. */
  dropsMoved?: boolean;
  onProgress?(progress: KeepingProgress): void;
  /** Ends it between two sessions; again, it goes on. */
  signal?: AbortSignal;
}

/** Places are `tenant/session`. */
export interface MoveReport {
  moved: number;
  /** Were there already, the same in every line. */
  same: number;
  dropped: number;
  /** Others of these ids are there, and stayed what they were; so did those of the old place. */
  different: string[];
  /** Could not be taken in; the reason of each. */
  left: { place: string; reason: string }[];
}

/**
 * Copies sessions from one store to another, one after the other, each whole or not at all, and compares every file of
 * each with what can be read back. Nothing that is in the new place is changed.
 */
export async function moveSessions(options: MoveOptions): Promise<MoveReport> {
  const { from, to, tenants, staging, onProgress, signal } = options;
  const report: MoveReport = { moved: 0, same: 0, dropped: 0, different: [], left: [] };
  const all: { tenantId: string; sessionId: string }[] = [];
  for (const tenantId of tenants) {
    for (const sessionId of await from.sessions(tenantId)) all.push({ tenantId, sessionId });
  }
  let done = 0;
  try {
    for (const { tenantId, sessionId } of all) {
      signal?.throwIfAborted();
      await moveOne(tenantId, sessionId);
      done += 1;
      onProgress?.({ type: 'step', done, total: all.length, unit: 'sessions', name: sessionId });
    }
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return report;

  async function moveOne(tenantId: string, sessionId: string): Promise<void> {
    const place = `${tenantId}/${sessionId}`;
    const copy = await empty('copy');
    // Deleted meanwhile.
    if (!(await from.writeOut(tenantId, sessionId, copy))) return;
    const wanted = await fingerprintOf(copy);
    if (await to.hasSession(tenantId, sessionId)) {
      if ((await readBack(tenantId, sessionId)) !== wanted) return void report.different.push(place);
      report.same += 1;
    } else {
      const reason = await take(tenantId, sessionId, copy);
      if (reason !== undefined) return void report.left.push({ place, reason });
      if ((await readBack(tenantId, sessionId)) !== wanted) {
        await to.drop(tenantId, sessionId);
        return void report.left.push({ place, reason: 'It could not be read back as it was.' });
      }
      report.moved += 1;
    }
    if (!options.dropsMoved) return;
    await from.drop(tenantId, sessionId);
    report.dropped += 1;
  }

  /** Why it was not taken; undefined when it was. */
  async function take(tenantId: string, sessionId: string, folder: string): Promise<string | undefined> {
    try {
      await to.takeIn(tenantId, sessionId, folder);
      return undefined;
    } catch (error) {
      const code = error instanceof AppError ? error.code : '';
      if (code === 'not_a_session' || code === 'session_file_too_large') return messageOf(error);
      throw error;
    }
  }

  async function readBack(tenantId: string, sessionId: string): Promise<string> {
    const folder = await empty('back');
    await to.writeOut(tenantId, sessionId, folder);
    return fingerprintOf(folder);
  }

  async function empty(name: string): Promise<string> {
    const folder = path.join(staging, name);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  }
}
