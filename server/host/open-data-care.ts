import type { RunManager } from '../agent/runs.ts';
import type { Backups } from '../data/backup/backups.ts';
import type { DataCare } from '../data/data-care.ts';
import type { DiskMeter } from '../data/disk.ts';
import { findInstallRoot } from '../data/install-root.ts';
import { listQuarantine, putBack, quarantine } from '../data/integrity/quarantine.ts';
import { scanIntegrity } from '../data/integrity/scan.ts';
import { confirmMove, oldCopyOf } from '../data/move/move-data-dir.ts';
import { askForReset, forgetReset, planReset, readNextReset } from '../data/reset/factory-reset.ts';
import { restoreInto } from '../data/restore/restore-into.ts';
import { AppError } from '../lib/app-error.ts';
import { lineJudgeFor } from '../sessions/line-rules.ts';
import { listIds } from '../sessions/list-ids.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import type { Foundation } from './open-foundation.ts';
import { createIdleSessions } from './while-idle.ts';

export interface DataCareParts {
  backups: Backups;
  sessions: AgentrailSessionStore;
  disk: DiskMeter;
  /** Undefined while the server is stopped: nothing runs then. */
  runs(): RunManager | undefined;
}

/** Examines and mends the data directory while this process works on it. */
export function openDataCare({ dataDir, clock, logger: of }: Foundation, parts: DataCareParts): DataCare {
  const { backups, sessions, disk, runs } = parts;
  const logger = of.child({ component: 'data' });

  function whileClosed() {
    if (sessions.whileClosed) return sessions.whileClosed;
    const message = 'The sessions of this server lie in a database, which has its own means for this.';
    throw new AppError('sessions_elsewhere', message, { status: 409 });
  }

  const listed = (tenantId: string) => listIds(sessions, tenantId);

  const whileIdle = createIdleSessions(runs, (key, work) => whileClosed()(key, work));

  async function refresh(tenants: Iterable<string>): Promise<void> {
    for (const tenantId of new Set(tenants)) await sessions.refresh?.(tenantId);
  }

  async function readReset(keepSettings: boolean) {
    const pending = await readNextReset(dataDir);
    return { plan: await planReset(dataDir, pending?.keepSettings ?? keepSettings), ...(pending && { pending }) };
  }

  return {
    backups,
    async restoreInto(name, to, work) {
      const installRoot = findInstallRoot(import.meta.dirname);
      const archive = await backups.fileOf(name);
      const report = await restoreInto({ dataDir, archive, to, installRoot, now: clock.now(), ...work });
      logger.info('A backup was restored into another folder', { name, to: report.to, files: report.files });
      return report;
    },
    reset: {
      read: readReset,
      async ask(keepSettings) {
        await askForReset(dataDir, { keepSettings, askedAt: clock.now() });
        logger.warn('A factory reset was asked for; the next start carries it out.', { keepSettings });
        return readReset(keepSettings);
      },
      async forget() {
        await forgetReset(dataDir);
        logger.info('The factory reset was called off.');
        return readReset(false);
      },
    },
    scan(options) {
      whileClosed();
      return scanIntegrity({ ...{ dataDir, judgeFor: lineJudgeFor, listed }, ...options });
    },
    async quarantine(findings) {
      whileClosed();
      const report = await quarantine(findings, { dataDir, now: clock.now(), whileIdle });
      await refresh(findings.flatMap(({ tenantId }) => tenantId ?? []));
      logger.info('Damaged data was taken out of the way', { id: report.id, count: report.quarantined });
      return report;
    },
    async putBack(id) {
      whileClosed();
      const report = await putBack(id, { dataDir, now: clock.now(), whileIdle });
      await refresh((await sessions.allTotals?.())?.map(({ tenantId }) => tenantId) ?? []);
      logger.info('A quarantine was put back', { id, count: report.quarantined });
      return report;
    },
    quarantines: () => listQuarantine(dataDir),
    folders: async () => (await disk.read()).usedBytes,
    oldCopy: () => oldCopyOf(dataDir),
    async removeOldCopy() {
      const removed = await confirmMove(dataDir);
      logger.info('The old copy of the data directory was removed', { from: removed.from });
      return removed;
    },
  };
}
