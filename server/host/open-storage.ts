import { adoptWorkspaces } from '../data/adopt-workspaces.ts';
import { createDiskMeter } from '../data/disk.ts';
import { removeLeftBehind } from '../data/left-behind.ts';
import { createWorkspaceReader, redactNames } from '../data/workspace-files.ts';
import { createUploadSpool } from '../http/uploads/spool.ts';
import type { Foundation } from './open-foundation.ts';
import { openSessions } from './open-sessions.ts';

/** What is kept of conversations and their files. */
export async function openStorage(foundation: Foundation) {
  const { dataDir, clock, logger, lock, secrets } = foundation;
  const closing = new AbortController();
  const tidied = removeLeftBehind(dataDir, {
    logger: logger.child({ component: 'data' }),
    clock,
    signal: closing.signal,
    isLikely: lock.tookOver !== undefined,
  });
  const { sessions, cluster, close: closeSessions } = await openSessions(foundation);
  await adoptWorkspaces(dataDir, logger.child({ component: 'sessions' }));
  const disk = createDiskMeter({ dataDir, clock });
  return {
    sessions,
    cluster,
    disk,
    workspaces: redactNames(createWorkspaceReader(dataDir), (text) => secrets.redactor.redact(text)),
    uploads: await createUploadSpool(dataDir),
    async close() {
      closing.abort();
      await tidied;
      await closeSessions();
      disk.close();
    },
  };
}

export type Storage = Awaited<ReturnType<typeof openStorage>>;
