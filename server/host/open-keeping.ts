import type { Cluster } from '../agent/cluster/cluster.ts';
import type { RunManager } from '../agent/runs.ts';
import type { RunInfo } from '../contract/chat.ts';
import type { SessionKey } from '../contract/ids.ts';
import { removeWorkspace } from '../data/remove-workspace.ts';
import { messageOf } from '../lib/app-error.ts';
import type { SandboxManager } from '../sandbox/sandbox.ts';
import { createKeeping } from '../sessions/keeping/keeping.ts';
import { startRetentionTimer } from '../sessions/keeping/retention-timer.ts';
import { rulesOf } from '../sessions/keeping/rules.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import type { Foundation } from './open-foundation.ts';
import { removeUploads } from './remove-uploads.ts';

export interface KeepingParts {
  sessions: AgentrailSessionStore;
  cluster: Pick<Cluster, 'list' | 'onDeleted'>;
  sandboxes: Pick<SandboxManager, 'list' | 'destroy'>;
  /** Undefined while the server is stopped: nothing runs then. */
  runs(): RunManager | undefined;
}

const othersKnownMs = 1000;

/** Retention by itself, and everything else that is done to kept data as a whole. */
export function openKeeping({ dataDir, clock, logger, config }: Foundation, parts: KeepingParts) {
  const { sessions, cluster, sandboxes, runs } = parts;
  const isOf =
    ({ tenantId, sessionId }: SessionKey) =>
    (each: { tenantId: string; sessionId: string }) =>
      each.tenantId === tenantId && each.sessionId === sessionId;
  async function freeSandbox(key: SessionKey): Promise<void> {
    for (const { id, state } of sandboxes.list().filter(isOf(key))) if (state !== 'gone') await sandboxes.destroy(id);
  }

  /** Unless there is a new one of this id. */
  async function removeHere(key: SessionKey): Promise<void> {
    const ours = runs()?.list().filter(isOf(key)) ?? [];
    if (ours.some(({ status }) => status === 'running')) return;
    if (await sessions.shelf?.hasSession(key.tenantId, key.sessionId)) return;
    await freeSandbox(key);
    await removeWorkspace(dataDir, key.tenantId, key.sessionId);
    await removeUploads({ dataDir, logger }, key);
  }

  let known: { at: number; list: Promise<RunInfo[]> } | undefined;
  /** Asked for once for all the sessions that are looked at in one go. */
  function others(): Promise<RunInfo[]> {
    if (known === undefined || clock.monotonic() - known.at > othersKnownMs)
      known = { at: clock.monotonic(), list: cluster.list() };
    return known.list;
  }

  const keeping = createKeeping({
    ...{ dataDir, sessions, clock, logger },
    hasRun: async (key) =>
      [...(runs()?.list() ?? []), ...(await others())].filter(isOf(key)).some(({ status }) => status === 'running'),
    hold: async (key, ends) => (await runs()?.hold(key, ends)) ?? (() => undefined),
    freeSandbox,
  });
  // What the session had on this machine goes too when it was deleted elsewhere.
  const forget = cluster.onDeleted((session) => {
    removeHere({ ...session, userId: '' }).catch((error: unknown) =>
      logger.warn('The workspace of a session that was deleted elsewhere stays.', { reason: messageOf(error) }),
    );
  });
  const timer = startRetentionTimer({
    retention: keeping.retention,
    rules: () => rulesOf(config.current().retention),
    clock,
    logger: logger.child({ component: 'data' }),
  });
  return {
    keeping,
    async close() {
      forget();
      await timer.close();
    },
  };
}
