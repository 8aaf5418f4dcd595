import type { RunManager } from '../agent/runs.ts';
import type { SessionKey } from '../contract/ids.ts';
import type { SandboxManager } from '../sandbox/sandbox.ts';
import { createKeeping } from '../sessions/keeping/keeping.ts';
import { startRetentionTimer } from '../sessions/keeping/retention-timer.ts';
import { rulesOf } from '../sessions/keeping/rules.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import type { Foundation } from './open-foundation.ts';

export interface KeepingParts {
  sessions: AgentrailSessionStore;
  sandboxes: Pick<SandboxManager, 'list' | 'destroy'>;
  /** Undefined while the server is stopped: nothing runs then. */
  runs(): RunManager | undefined;
}

/** Retention by itself, and everything else that is done to kept data as a whole. */
export function openKeeping({ dataDir, clock, logger, config }: Foundation, parts: KeepingParts) {
  const { sessions, sandboxes, runs } = parts;
  const isOf =
    ({ tenantId, sessionId }: SessionKey) =>
    (each: { tenantId: string; sessionId: string }) =>
      each.tenantId === tenantId && each.sessionId === sessionId;
  const keeping = createKeeping({
    ...{ dataDir, sessions, clock, logger },
    hasRun: (key) =>
      runs()
        ?.list()
        .filter(isOf(key))
        .some(({ status }) => status === 'running') ?? false,
    hold: async (key, ends) => (await runs()?.hold(key, ends)) ?? (() => undefined),
    async freeSandbox(key) {
      for (const { id, state } of sandboxes.list().filter(isOf(key))) if (state !== 'gone') await sandboxes.destroy(id);
    },
  });
  const timer = startRetentionTimer({
    retention: keeping.retention,
    rules: () => rulesOf(config.current().retention),
    clock,
    logger: logger.child({ component: 'data' }),
  });
  return { keeping, close: timer.close };
}
