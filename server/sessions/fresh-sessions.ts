import type { SessionKey } from '../contract/ids.ts';

/** Sessions that are on their way to the disk and hold nothing yet: what is asked of them needs no look at it. */
export interface FreshSessions {
  /** Until `stored` settles. */
  add(key: SessionKey, stored: Promise<void>): void;
  has(key: SessionKey): boolean;
  /** Something is being kept of it. */
  delete(key: SessionKey): void;
}

export function createFreshSessions(): FreshSessions {
  const fresh = new Set<string>();
  return {
    add(key, stored) {
      const id = idOf(key);
      fresh.add(id);
      const settle = () => fresh.delete(id);
      stored.then(settle, settle);
    },
    has: (key) => fresh.has(idOf(key)),
    delete: (key) => void fresh.delete(idOf(key)),
  };
}

function idOf({ tenantId, userId, sessionId }: SessionKey): string {
  return `${tenantId}/${userId}/${sessionId}`;
}
