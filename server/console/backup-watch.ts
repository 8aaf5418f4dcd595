import type { BackupSchedule } from '../contract/backups.ts';
import { messageOf } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';

/** What is known of backups. Asking never waits for a disk. */
export interface BackupWatch {
  known(): BackupSchedule | undefined;
  /** Looks now. Never rejects. */
  look(): Promise<BackupSchedule | undefined>;
}

export function createBackupWatch(schedule: (() => Promise<BackupSchedule>) | undefined, logger: Logger): BackupWatch {
  let known: BackupSchedule | undefined;
  return {
    known: () => known,
    async look() {
      try {
        known = await schedule?.();
      } catch (error) {
        known = undefined;
        logger.debug('The backups cannot be looked at.', { reason: messageOf(error) });
      }
      return known;
    },
  };
}
