import { Hono } from 'hono';
import type { BackupSchedule } from '../../contract/backups.ts';
import type { UsageHistory } from '../../contract/usage.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';

/** What Overview shows beside the live state. */
export interface OverviewFacts {
  usage: UsageHistory;
  /** Absent: backups are somebody else's concern, or cannot be looked at. */
  backup?: BackupSchedule;
}

export function overviewRoutes({ usage, backup }: ConsoleContext) {
  return new Hono().get('/overview', async (c) => {
    const schedule = await backup.look();
    return answer<OverviewFacts>(c, { usage: usage.history(), ...(schedule && { backup: schedule }) });
  });
}
