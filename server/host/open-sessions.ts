import { alone, type Cluster } from '../agent/cluster/cluster.ts';
import { createPostgresCluster } from '../agent/cluster/postgres-cluster.ts';
import { createFileSessionStore } from '../sessions/file-store.ts';
import { createPostgresSessionStore } from '../sessions/postgres/postgres-store.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import { readNodeId } from './node-id.ts';
import type { Foundation } from './open-foundation.ts';

export interface OpenSessions {
  sessions: AgentrailSessionStore;
  cluster: Cluster;
  close(): Promise<void>;
}

/** Sessions in the database of `DATABASE_URL`, shared with other instances; without it in files, with nobody. */
export async function openSessions({ dataDir, clock, logger, secrets, instanceId }: Foundation): Promise<OpenSessions> {
  const url = secrets.get('DATABASE_URL')?.value;
  if (url === undefined) {
    const { state } = secrets.status();
    if (state === 'locked' || state === 'damaged')
      logger.warn('The vault cannot be read. If it holds DATABASE_URL, sessions go to files until the next start.');
    const sessions = createFileSessionStore({ dataDir, logger, clock });
    return { sessions, cluster: alone, close: () => sessions.close() };
  }
  const sessions = createPostgresSessionStore({ url, logger, clock });
  const nodeId = await readNodeId(dataDir);
  const cluster = createPostgresCluster({ url, store: sessions, instanceId, nodeId, clock, logger });
  return {
    sessions,
    cluster,
    async close() {
      await cluster.close();
      await sessions.close();
    },
  };
}
