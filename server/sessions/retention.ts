import type { SessionKey } from '../contract/ids.ts';
import type {
  KeepingProgress,
  RetentionCandidate,
  RetentionPlan,
  RetentionReport,
  RetentionRules,
} from '../contract/keeping.ts';
import type { SessionRow } from '../contract/sessions.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { SessionRemoval } from './keeping/session-removal.ts';
import type { AgentrailSessionStore } from './store.ts';

export interface OldLogs {
  find(days: number): Promise<RetentionPlan['logFiles']>;
  remove(names: readonly string[]): Promise<void>;
}

export interface RetentionOptions {
  sessions: Pick<AgentrailSessionStore, 'list'>;
  clock: Clock;
  logger: Logger;
  /** Whether a run goes on in this session, here or at another instance. */
  hasRun(key: SessionKey): boolean | Promise<boolean>;
  remove: SessionRemoval;
  logs: OldLogs;
}

export interface ApplyOptions {
  onProgress?(progress: KeepingProgress): void;
  /** Ends it between two sessions, with what was done so far. */
  signal?: AbortSignal;
}

/** Lets old sessions go by age and by total size, and old logs by age; never a session with a run. */
export interface Retention {
  preview(rules: RetentionRules): Promise<RetentionPlan>;
  /** Deletes what a preview named, as far as it still holds. */
  apply(plan: RetentionPlan, options?: ApplyOptions): Promise<RetentionReport>;
}

const dayMs = 86_400_000;

export function createRetention({ sessions, clock, logger, hasRun, remove, logs }: RetentionOptions): Retention {
  async function preview(rules: RetentionRules): Promise<RetentionPlan> {
    const { maxAgeDays, maxTotalBytes, maxLogDays, tenantId } = rules;
    const oldest = maxAgeDays === undefined ? Number.NEGATIVE_INFINITY : clock.now() - maxAgeDays * dayMs;
    const most = maxTotalBytes ?? Number.POSITIVE_INFINITY;
    const logFiles = maxLogDays === undefined ? [] : await logs.find(maxLogDays);
    const plan: RetentionPlan = { sessions: [], freedBytes: 0, keptWithRun: 0, logFiles };
    // Without a rule for sessions there is nothing to look for.
    if (maxAgeDays === undefined && maxTotalBytes === undefined) return plan;
    let keptBytes = maxTotalBytes === undefined ? 0 : await bytesWithRun(tenantId);
    for await (const row of allRows(tenantId)) {
      const sizeBytes = row.sizeBytes ?? 0;
      const isTooOld = row.lastActiveAt < oldest;
      const isTooMuch = keptBytes + sizeBytes > most;
      if (await hasRun(row)) {
        if (isTooOld) plan.keptWithRun += 1;
      } else if (isTooOld || isTooMuch) {
        plan.sessions.push({ ...keyOf(row), ...factsOf(row), sizeBytes, reason: isTooOld ? 'age' : 'size' });
        plan.freedBytes += sizeBytes;
      } else keptBytes += sizeBytes;
    }
    plan.sessions.reverse();
    return plan;
  }

  async function bytesWithRun(tenantId: string | undefined): Promise<number> {
    let bytes = 0;
    for await (const row of allRows(tenantId)) if (await hasRun(row)) bytes += row.sizeBytes ?? 0;
    return bytes;
  }

  async function* allRows(tenantId: string | undefined): AsyncGenerator<SessionRow> {
    let cursor: string | undefined;
    do {
      const page = await sessions.list({
        limit: 200,
        ...(tenantId !== undefined && { tenantId }),
        ...(cursor !== undefined && { cursor }),
      });
      yield* page.sessions;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }

  async function removeOne(candidate: RetentionCandidate, report: RetentionReport): Promise<void> {
    const { lastActiveAt, reason, sizeBytes } = candidate;
    const key = keyOf(candidate);
    try {
      const freedBytes = await remove(key, { lastActiveAt });
      if (freedBytes === undefined) {
        report.kept += 1;
        return;
      }
      report.deleted += 1;
      report.freedBytes += freedBytes;
      logger.info('Session deleted by retention', { ...key, reason, sizeBytes });
    } catch (error) {
      if (isKept(error)) report.kept += 1;
      else {
        report.failed += 1;
        logger.warn(`A session could not be deleted by retention: ${messageOf(error)}`, { ...key });
      }
    }
  }

  return {
    preview,
    async apply(plan, { onProgress, signal } = {}) {
      const report: RetentionReport = { deleted: 0, freedBytes: 0, kept: 0, failed: 0, logFiles: 0 };
      const total = plan.sessions.length;
      for (const [index, candidate] of plan.sessions.entries()) {
        if (signal?.aborted) return report;
        await removeOne(candidate, report);
        onProgress?.({ type: 'step', done: index + 1, total, unit: 'sessions', name: candidate.sessionId });
      }
      await logs.remove(plan.logFiles.map(({ name }) => name));
      report.logFiles = plan.logFiles.length;
      report.freedBytes += plan.logFiles.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      return report;
    },
  };
}

/** It runs, or somebody else deleted it. */
function isKept(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'session_busy' || error.code === 'session_not_found');
}

function keyOf({ tenantId, userId, sessionId }: SessionKey): SessionKey {
  return { tenantId, userId, sessionId };
}

function factsOf({ title, lastActiveAt }: SessionRow): Pick<RetentionCandidate, 'title' | 'lastActiveAt'> {
  return { title, lastActiveAt };
}
