import { randomUUID } from 'node:crypto';
import { cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { MergeMode } from '../contract/keeping.ts';
import { AppError } from '../lib/app-error.ts';
import { createDataLayout } from './layout.ts';
import { type SessionShelf, uploadsFolder } from './session-shelf.ts';

/** A file of a tenant: its name in the archive, and where it lies now. */
export interface TenantFile {
  name: string;
  at: string;
}

/** Until the next one is asked for. */
type Below = (root: string, below: string) => AsyncIterable<string>;

/**
 * The files of a tenant whose sessions lie on a shelf: what is in its folder but sessions, and each session that the
 * shelf writes out, with what came with its messages.
 */
export async function* filesWithShelf(
  dataDir: string,
  tenantId: string,
  shelf: SessionShelf,
  filesBelow: Below,
): AsyncGenerator<TenantFile> {
  const layout = createDataLayout(dataDir);
  const root = layout.tenantDir(tenantId);
  const staging = path.join(layout.tenantsDir, `.import-${randomUUID()}`);
  for await (const name of filesBelow(root, '')) {
    if (!name.startsWith('sessions/')) yield { name, at: path.join(root, name) };
  }
  try {
    for (const sessionId of await shelf.sessions(tenantId)) {
      await mkdir(staging, { recursive: true, mode: 0o700 });
      if (!(await shelf.writeOut(tenantId, sessionId, staging))) continue;
      for await (const name of filesBelow(staging, ''))
        yield { name: `sessions/${sessionId}/${name}`, at: path.join(staging, name) };
      const { dir } = layout.session(tenantId, sessionId);
      for await (const name of filesBelow(dir, uploadsFolder))
        yield { name: `sessions/${sessionId}/${name}`, at: path.join(dir, name) };
      await rm(staging, { recursive: true });
    }
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

export interface ShelveOptions {
  shelf: SessionShelf;
  tenantId: string;
  sessionId: string;
  /** The session as it was unpacked. */
  from: string;
  /** Where its uploads belong. */
  to: string;
  mode: MergeMode;
  makeRoom(sessionId: string): Promise<boolean>;
}

/** Puts one unpacked session onto the shelf. What says of itself that it is none is left out. */
export async function shelve(options: ShelveOptions): Promise<'added' | 'replaced' | 'skipped'> {
  const { shelf, tenantId, sessionId, from, to, mode, makeRoom } = options;
  const hasOne = await shelf.hasSession(tenantId, sessionId);
  if (hasOne && (mode === 'skip' || !(await makeRoom(sessionId)))) return 'skipped';
  await cp(path.join(from, uploadsFolder), path.join(to, uploadsFolder), { recursive: true, force: true }).catch(
    ifThere,
  );
  try {
    await shelf.takeIn(tenantId, sessionId, from);
  } catch (error) {
    if (error instanceof AppError && ['not_a_session', 'session_exists'].includes(error.code)) return 'skipped';
    throw error;
  }
  return hasOne ? 'replaced' : 'added';
}

function ifThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
