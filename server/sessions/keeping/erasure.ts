import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { ErasurePlan, ErasureReport, ErasureScope, KeepingProgress } from '../../contract/keeping.ts';
import type { SessionRow } from '../../contract/sessions.ts';
import { checkId, createDataLayout } from '../../data/layout.ts';
import { removeWorkspace } from '../../data/remove-workspace.ts';
import { toStorageError } from '../../data/storage-error.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AgentrailSessionStore } from '../store.ts';
import type { SessionRemoval } from './session-removal.ts';

export interface ErasureOptions {
  dataDir: string;
  sessions: Pick<AgentrailSessionStore, 'list' | 'scrub'>;
  remove: SessionRemoval;
  logger: Logger;
}

/**
 * Deletes everything that is kept of a user or a tenant: sessions with their workspaces, what is remembered of users, a
 * tenant's knowledge. Backups and logs have their own retention.
 */
export interface Erasure {
  preview(scope: ErasureScope): Promise<ErasurePlan>;
  /** Ends runs. Aborted, it leaves what it did not reach; again, it goes on. Throws AppError. */
  apply(
    scope: ErasureScope,
    options?: { onProgress?(progress: KeepingProgress): void; signal?: AbortSignal },
  ): Promise<ErasureReport>;
}

export function createErasure({ dataDir, sessions, remove, logger }: ErasureOptions): Erasure {
  const layout = createDataLayout(dataDir);

  async function pageOf(scope: ErasureScope, cursor?: string) {
    return sessions.list({ ...scope, limit: 200, ...(cursor !== undefined && { cursor }) });
  }

  async function preview(given: ErasureScope): Promise<ErasurePlan> {
    const scope = checked(given);
    const plan = { ...scope, sessions: 0, sizeBytes: 0 };
    let cursor: string | undefined;
    do {
      const page = await pageOf(scope, cursor);
      plan.sessions += page.sessions.length;
      plan.sizeBytes += page.sessions.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return plan;
  }

  /** Undefined when it was gone already. */
  async function removeOne({ tenantId, userId, sessionId }: SessionRow): Promise<number | undefined> {
    try {
      return await remove({ tenantId, userId, sessionId }, { ends: 'everything of its owner is erased' });
    } catch (error) {
      if (error instanceof AppError && error.code === 'session_not_found') return undefined;
      throw error;
    }
  }

  async function removeFolder(folder: string): Promise<void> {
    try {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    } catch (error) {
      throw toStorageError(error);
    }
  }

  return {
    preview,
    async apply(given, { onProgress, signal } = {}) {
      const scope = checked(given);
      const { tenantId, userId } = scope;
      const { sessions: total } = await preview(scope);
      const report: ErasureReport = { ...scope, deleted: 0, freedBytes: 0 };
      // From the first page each time: what was deleted is not on it any more.
      for (let page = await pageOf(scope); page.sessions.length > 0; page = await pageOf(scope)) {
        const before = report.deleted;
        for (const row of page.sessions) {
          signal?.throwIfAborted();
          const freedBytes = await removeOne(row);
          if (freedBytes === undefined) continue;
          report.freedBytes += freedBytes;
          report.deleted += 1;
          const { sessionId } = row;
          onProgress?.({
            type: 'step',
            done: report.deleted,
            total: Math.max(total, report.deleted),
            unit: 'sessions',
            name: sessionId,
          });
        }
        // What is listed and not there any more does not go by asking again.
        if (report.deleted === before) break;
      }
      await sessions.scrub?.(tenantId);
      if (userId === undefined) {
        report.freedBytes += await removeWorkspace(dataDir, tenantId);
        await removeFolder(layout.tenantDir(tenantId));
      } else await removeFolder(path.dirname(layout.userMemoryFile(tenantId, userId)));
      logger.info('Everything of an owner was erased', { ...report });
      return report;
    },
  };
}

function checked({ tenantId, userId }: ErasureScope): ErasureScope {
  checkId(tenantId, 'tenant id');
  return userId === undefined ? { tenantId } : { tenantId, userId: checkId(userId, 'user id') };
}
