import { hostname } from 'node:os';
import { alone, type Cluster } from '../agent/cluster/cluster.ts';
import { createPostgresCluster } from '../agent/cluster/postgres-cluster.ts';
import { createFileSessionStore } from '../sessions/file-store.ts';
import { createPostgresSessionStore } from '../sessions/postgres/postgres-store.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import { readNodeId } from './node-id.ts';
import type { Foundation } from './open-foundation.ts';
import { removeUploads } from './remove-uploads.ts';
import { createUndecidedStore, databaseLockedError, isDatabaseLocked } from './undecided-sessions.ts';

export interface OpenSessions {
  sessions: AgentrailSessionStore;
  cluster: Cluster;
  close(): Promise<void>;
}

export type SessionsFoundation = Pick<Foundation, 'dataDir' | 'clock' | 'logger' | 'secrets' | 'instanceId' | 'config'>;

/** Sessions in the database of `DATABASE_URL`, shared with other instances; without it in files, with nobody. */
export async function openSessions(foundation: SessionsFoundation): Promise<OpenSessions> {
  const { dataDir, secrets } = foundation;
  const nodeId = await readNodeId(dataDir);
  const isLocked = secrets.get('DATABASE_URL') === undefined && (await isDatabaseLocked(dataDir, secrets));
  return isLocked ? openOnceUnlocked(foundation, nodeId) : openKnown(foundation, nodeId);
}

function openKnown(foundation: SessionsFoundation, nodeId: string): OpenSessions {
  const { dataDir, clock, logger, secrets, instanceId, config } = foundation;
  const url = secrets.get('DATABASE_URL', 'storage')?.value;
  if (url === undefined) {
    const sessions = createFileSessionStore({ dataDir, logger, clock });
    return { sessions, cluster: alone, close: () => sessions.close() };
  }
  const onDeleted = (key: { tenantId: string; sessionId: string }) => removeUploads(foundation, key);
  const sessions = createPostgresSessionStore({ url, logger, clock, onDeleted });
  const times = { leaseMs: config.current().server.sessionLeaseMs };
  const host = hostname();
  const cluster = createPostgresCluster({ url, store: sessions, instanceId, nodeId, host, clock, logger, times });
  return {
    sessions,
    cluster,
    async close() {
      await cluster.close();
      await sessions.close();
    },
  };
}

/** Chosen when the vault can be read, and not before: else one half of the sessions would lie here, the other there. */
function openOnceUnlocked(foundation: SessionsFoundation, nodeId: string): OpenSessions {
  const { secrets } = foundation;
  let opened: OpenSessions | undefined;
  const find = (): OpenSessions => {
    const { state } = secrets.status();
    if (!opened && (state === 'locked' || state === 'damaged') && secrets.get('DATABASE_URL') === undefined)
      throw databaseLockedError(state);
    opened ??= openKnown(foundation, nodeId);
    return opened;
  };
  return {
    sessions: createUndecidedStore(() => find().sessions),
    cluster: new Proxy(alone, { get: (_, name) => Reflect.get(opened?.cluster ?? alone, name) }),
    close: async () => opened?.close(),
  };
}
