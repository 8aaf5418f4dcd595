import { rmdir, stat } from 'node:fs/promises';
import type { CopyStep, RestoreReport } from '../../contract/backups.ts';
import { checkTarget } from '../move/check-target.ts';
import { restoreBackup } from './restore.ts';

export interface RestoreIntoOptions {
  /** In force, and left as it is. */
  dataDir: string;
  archive: string;
  /** Absolute; empty or not there. */
  to: string;
  /** The folder of the program itself. */
  installRoot: string;
  passphrase?: string;
  now: number;
  onStep?(step: CopyStep): void;
  signal?: AbortSignal;
}

/** Makes a data directory of an archive somewhere else. Throws as `checkTarget` and `restoreBackup`. */
export async function restoreInto(options: RestoreIntoOptions): Promise<RestoreReport & { to: string }> {
  const { dataDir, archive, installRoot, ...rest } = options;
  // Unpacked it is no smaller; how large is known only when it was read.
  const { size } = await stat(archive);
  const { to } = await checkTarget({ from: dataDir, to: options.to, installRoot, files: 0, totalBytes: size });
  // An empty folder gives way, so that nothing is put aside. One with a disk of its own stays and is refused below.
  await rmdir(to).catch(() => undefined);
  return { ...(await restoreBackup({ ...rest, archive, dataDir: to })), to };
}
