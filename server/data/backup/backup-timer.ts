import type { Clock } from '../../lib/clock.ts';
import type { Backups } from './backups.ts';

/** Looked at so often, so that a changed setting, a sleeping machine and a moved clock all show soon. */
const lookMs = 60_000;

/** Makes scheduled backups until closed. Never throws. */
export interface BackupTimer {
  /** Ends one that goes on, which leaves nothing, and waits for it. Idempotent. */
  close(): Promise<void>;
}

export function startBackupTimer(backups: Pick<Backups, 'whenDue'>, clock: Clock): BackupTimer {
  const closing = new AbortController();
  const { signal } = closing;
  async function work(): Promise<void> {
    for (;;) {
      await clock.sleep(lookMs, signal);
      await backups.whenDue(signal);
    }
  }
  // Rejects when it is closed while it waits.
  const working = work().catch(() => undefined);
  return {
    async close() {
      closing.abort();
      await working;
    },
  };
}
