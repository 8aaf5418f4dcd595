import type { RunManager } from '../agent/runs.ts';
import type { Backups } from '../data/backup/backups.ts';
import type { SandboxManager } from '../sandbox/sandbox.ts';
import { createLeakSweep, type LeakSweep } from '../secrets/leak-sweep/leak-sweep.ts';
import { everySession } from '../sessions/list-ids.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import type { Foundation } from './open-foundation.ts';
import { createIdleSessions } from './while-idle.ts';

export interface LeakSweepParts {
  backups: Backups;
  sessions: AgentrailSessionStore;
  sandboxes: SandboxManager;
  /** Undefined while the server is stopped. */
  runs(): RunManager | undefined;
}

/** Looks for secrets in everything that this process keeps or runs. */
export function openLeakSweep(foundation: Foundation, parts: LeakSweepParts): LeakSweep {
  const { dataDir, clock, logger, logs, secrets, tokens, config } = foundation;
  const { backups, sessions, sandboxes } = parts;
  const { whileClosed } = sessions;
  return createLeakSweep({
    ...{ dataDir, clock, logger },
    values: secrets.sweptValues,
    tokenName: tokens.nameOf,
    configFiles: () => [config.filePath()],
    async archives() {
      const { backups: all } = await backups.list();
      return Promise.all(all.map(({ name }) => backups.fileOf(name)));
    },
    async containers() {
      return sandboxes.engine().state === 'connected' ? sandboxes.shownByContainers() : [];
    },
    ...(whileClosed && { whileIdle: createIdleSessions(parts.runs, whileClosed) }),
    ...(!whileClosed && { remoteSessions: () => exportedSessions(sessions) }),
    async renewIndex(tenantId) {
      await sessions.refresh?.(tenantId);
      await sessions.scrub?.(tenantId);
    },
    async whileLogClosed(work) {
      if (logs.whileClosed) await logs.whileClosed(work);
      else await work();
    },
  });
}

/** Every conversation of a store that keeps no files here, as text. */
async function* exportedSessions(sessions: AgentrailSessionStore) {
  for await (const { tenantId, userId, sessionId } of everySession(sessions)) {
    yield { tenantId, sessionId, text: () => sessions.export({ tenantId, userId, sessionId }, 'jsonl') };
  }
}
