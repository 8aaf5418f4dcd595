import type { RunManager } from '../agent/runs.ts';
import { AppError } from '../lib/app-error.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';

/** Calls `work` while no run is in the session and its files are closed; false when a run is going on, which is left alone. */
export function createIdleSessions(
  runs: () => RunManager | undefined,
  whileClosed: NonNullable<AgentrailSessionStore['whileClosed']>,
): (tenantId: string, sessionId: string, work: () => Promise<void>) => Promise<boolean> {
  return async (tenantId, sessionId, work) => {
    // Whose session it is, if anybody's, is not told by what is damaged.
    const key = { tenantId, userId: 'default', sessionId };
    let release: (() => void | Promise<void>) | undefined;
    try {
      release = await runs()?.hold(key);
    } catch (error) {
      if (error instanceof AppError && error.code === 'session_busy') return false;
      throw error;
    }
    try {
      await whileClosed(key, work);
      return true;
    } finally {
      await release?.();
    }
  };
}
