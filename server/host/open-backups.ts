import { startBackupTimer } from '../data/backup/backup-timer.ts';
import { createBackups } from '../data/backup/backups.ts';
import { tryStore } from '../sessions/try-store.ts';
import type { Foundation } from './open-foundation.ts';

/** Backups by themselves, and by hand. */
export function openBackups({ dataDir, clock, logger, config }: Foundation, version: string) {
  const backups = createBackups({
    ...{ dataDir, version, clock, logger, tryStore },
    settings: () => config.current().backup,
  });
  const timer = startBackupTimer(backups, clock);
  return { backups, close: timer.close };
}
