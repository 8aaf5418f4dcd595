import type { SessionKey } from '../../contract/ids.ts';
import type { AgentrailSessionStore } from '../store.ts';

export interface SessionRemovalOptions {
  sessions: Pick<AgentrailSessionStore, 'get' | 'delete' | 'shelf'>;
  /** Keeps runs out of the session until the returned function is called; as RunManager.hold. */
  hold(key: SessionKey, ends?: string): Promise<() => void>;
  /** Takes away the session's sandbox. */
  freeSandbox(key: SessionKey): Promise<void>;
  /** Removes its workspace and tells how many bytes it had. */
  removeWorkspace(key: SessionKey): Promise<number>;
}

export interface RemovalWishes {
  /** Ends a run of the session, for this reason. Absent: AppError `session_busy` (409) when there is one. */
  ends?: string;
  /** Looked at once nothing can begin in the session any more: another activity, and it stays. */
  lastActiveAt?: number;
  /** Another session takes its place, and its files with it. */
  keepsWorkspace?: boolean;
}

/**
 * Deletes a session with everything that belongs to it and tells how many bytes that were; undefined when it was to
 * stay. Throws AppError `session_not_found`, `session_busy` and what the disk says.
 */
export type SessionRemoval = (key: SessionKey, wishes?: RemovalWishes) => Promise<number | undefined>;

export function createSessionRemoval(options: SessionRemovalOptions): SessionRemoval {
  const { sessions, hold, freeSandbox, removeWorkspace } = options;
  return async (key, { ends, lastActiveAt, keepsWorkspace } = {}) => {
    // First, so that nobody learns of a foreign session that it is busy.
    await sessions.get(key);
    const release = await hold(key, ends);
    try {
      const { sizeBytes = 0, lastActiveAt: at } = await sessions.get(key);
      if (lastActiveAt !== undefined && lastActiveAt !== at) return undefined;
      await freeSandbox(key);
      // A deletion that others hear of takes what they have of its workspace.
      if (keepsWorkspace && sessions.shelf) await sessions.shelf.drop(key.tenantId, key.sessionId);
      else await sessions.delete(key);
      return keepsWorkspace ? sizeBytes : sizeBytes + (await removeWorkspace(key));
    } finally {
      release();
    }
  };
}
