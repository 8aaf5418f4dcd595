import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { CopyStep, DrillReport } from '../../contract/backups.ts';
import { AppError } from '../../lib/app-error.ts';
import { unpackArchive } from './unpack.ts';

/** Opens an unpacked data directory as the program does, and counts what it finds. */
export type StoreTrial = (
  dataDir: string,
  signal: AbortSignal | undefined,
) => Promise<{ tenants: number; sessions: number; messages: number }>;

export interface DrillOptions {
  archive: string;
  /** Where to unpack; a folder is made in it and removed. */
  scratchDir: string;
  tryStore: StoreTrial;
  passphrase?: string;
  onStep?(step: CopyStep): void;
  signal?: AbortSignal;
}

/** Proves that an archive can be restored, and touches nothing. Throws as `unpackArchive`, and `drill_failed` (500). */
export async function drillRestore(options: DrillOptions): Promise<DrillReport> {
  const { archive, scratchDir, tryStore, passphrase, onStep, signal } = options;
  const folder = path.join(scratchDir, `.restore-drill-${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { head, files, totalBytes, secrets } = await unpackArchive(archive, folder, {
      ...(passphrase !== undefined && { passphrase }),
      ...(onStep && { onStep }),
      ...(signal && { signal }),
    });
    const counts = await tryStore(folder, signal).catch((cause: unknown) => {
      signal?.throwIfAborted();
      const message =
        'The backup was unpacked, but its sessions cannot be opened. Make a new one, and look into the log.';
      throw new AppError('drill_failed', message, { status: 500, cause });
    });
    const { createdAt, program: version, includes } = head;
    return {
      ...{ name: path.basename(archive), files, totalBytes, createdAt, version, includes },
      ...(secrets && { secretsOpen: true }),
      ...counts,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
