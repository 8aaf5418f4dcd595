import { pipeline, type Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { SessionKey } from '../../contract/ids.ts';
import type { ImportReport, KeepingProgress, KeptSizes, MergeMode } from '../../contract/keeping.ts';
import { removeWorkspace } from '../../data/remove-workspace.ts';
import type { SessionShelf } from '../../data/session-shelf.ts';
import { exportedBytes, exportTenant, importTenant, removeStagedImports } from '../../data/tenant-transfer.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { oldLogFiles, removeLogFiles } from '../../telemetry/log-retention.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { everySession } from '../list-ids.ts';
import { createRetention, type Retention } from '../retention.ts';
import type { AgentrailSessionStore } from '../store.ts';
import { createErasure, type Erasure } from './erasure.ts';
import { createSessionRemoval, type SessionRemoval, type SessionRemovalOptions } from './session-removal.ts';

export interface KeepingOptions extends Pick<SessionRemovalOptions, 'hold' | 'freeSandbox'> {
  /** Absolute. */
  dataDir: string;
  sessions: AgentrailSessionStore;
  clock: Clock;
  logger: Logger;
  hasRun(key: SessionKey): boolean | Promise<boolean>;
}

export interface TenantImportOptions {
  merge?: MergeMode;
  maxBytes?: number;
  onProgress?(progress: KeepingProgress): void;
  /** Of the archive, when it is known. */
  totalBytes?: number;
  signal?: AbortSignal;
}

/** Everything that is done to kept data as a whole: how much there is, what goes when, and moving it elsewhere. */
export interface Keeping {
  readonly retention: Retention;
  readonly erasure: Erasure;
  readonly removeSession: SessionRemoval;
  /** Read from what is kept of sizes; never scans. */
  sizes(): Promise<KeptSizes>;
  /** A gzip stream. Throws AppError `tenant_not_found` (404). */
  exportTenant(tenantId: string, onProgress?: (progress: KeepingProgress) => void): Promise<Readable>;
  /** Throws what `importTenant` of server/data throws. */
  importTenant(source: AsyncIterable<Uint8Array | string>, options?: TenantImportOptions): Promise<ImportReport>;
}

export function createKeeping(options: KeepingOptions): Keeping {
  const { dataDir, sessions, clock, hold, freeSandbox, hasRun } = options;
  const logger = options.logger.child({ component: 'data' });
  const removeSession = createSessionRemoval({
    ...{ sessions, hold, freeSandbox },
    removeWorkspace: ({ tenantId, sessionId }) => removeWorkspace(dataDir, tenantId, sessionId),
  });
  const logs = {
    find: (days: number) => oldLogFiles(dataDir, days, clock.now()),
    remove: (names: readonly string[]) => removeLogFiles(dataDir, names),
  };

  /** Whose the sessions of a tenant are; asked once there is one to replace. */
  async function ownersOf(tenantId: string): Promise<Map<string, SessionKey>> {
    const owners = new Map<string, SessionKey>();
    for await (const { userId, sessionId } of everySession(sessions, { tenantId })) {
      owners.set(sessionId, { tenantId, userId, sessionId });
    }
    return owners;
  }

  function mergeOf(mode: MergeMode, tenantId: () => string) {
    let owners: Promise<Map<string, SessionKey>> | undefined;
    return {
      mode,
      async makeRoom(sessionId: string): Promise<boolean> {
        owners ??= ownersOf(tenantId());
        const key = (await owners).get(sessionId);
        // One that cannot be listed is nobody's: its folder makes room.
        if (key === undefined) return true;
        try {
          await removeSession(key, { keepsWorkspace: true });
          return true;
        } catch (error) {
          if (error instanceof AppError && error.code === 'session_busy') return false;
          throw error;
        }
      },
    };
  }

  /** Where the sessions lie when it is not in the data directory. */
  function shelfBeside(): { shelf?: SessionShelf } {
    if (sessions.refresh !== undefined) return {};
    if (sessions.shelf !== undefined) return { shelf: sessions.shelf };
    const message = 'This store of sessions can be put into no archive. Move them with its own tools.';
    throw new AppError('transfer_unsupported', message, { status: 409 });
  }

  return {
    retention: createRetention({ sessions, clock, logger, hasRun, remove: removeSession, logs }),
    erasure: createErasure({ dataDir, sessions, remove: removeSession, logger }),
    removeSession,
    async sizes() {
      const tenants = (await sessions.allTotals?.()) ?? [];
      const sum = (of: 'sessions' | 'sizeBytes') => tenants.reduce((total, tenant) => total + tenant[of], 0);
      return { tenants, sessions: sum('sessions'), sizeBytes: sum('sizeBytes') };
    },
    async exportTenant(tenantId, onProgress) {
      const { shelf } = shelfBeside();
      const total = onProgress === undefined ? 0 : await exportedBytes(dataDir, tenantId, shelf);
      const tell = (done: number) => onProgress?.({ type: 'step', done, total: Math.max(total, done), unit: 'bytes' });
      const lines = await exportTenant(dataDir, tenantId, clock.now(), tell, shelf);
      logger.info('Tenant is exported', { tenantId });
      // Errors of the first reach whoever reads the last.
      return pipeline(lines, createGzip(), () => undefined);
    },
    async importTenant(source, { merge, maxBytes, onProgress, totalBytes, signal } = {}) {
      const beside = shelfBeside();
      await removeStagedImports(dataDir, clock.now());
      let tenant = '';
      const report = await importTenant(dataDir, source, {
        ...beside,
        ...(merge !== undefined && { merge: mergeOf(merge, () => tenant) }),
        ...(maxBytes !== undefined && { maxBytes }),
        ...(signal !== undefined && { signal }),
        onTenant: (tenantId) => {
          tenant = tenantId;
        },
        onProgress: (done) =>
          onProgress?.({ type: 'step', done, total: Math.max(totalBytes ?? done, done), unit: 'bytes' }),
      });
      await sessions.refresh?.(report.tenantId);
      logger.info('Tenant imported', { ...report });
      return report;
    },
  };
}
