import { systemClock } from '../lib/clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { createFileSessionStore } from './file-store.ts';

/**
 * Opens sessions in files as the program does and reads every history: that of a backup, unpacked somewhere. Throws what
 * the store throws, and the signal's reason.
 */
export async function tryStore(
  dataDir: string,
  signal?: AbortSignal,
): Promise<{ tenants: number; sessions: number; messages: number }> {
  const store = createFileSessionStore({ dataDir, logger: silentLogger, clock: systemClock });
  const tenants = new Set<string>();
  let [sessions, messages] = [0, 0];
  try {
    let cursor: string | undefined;
    do {
      signal?.throwIfAborted();
      const page = await store.list({ limit: 200, ...(cursor !== undefined && { cursor }) });
      for (const { tenantId, userId, sessionId } of page.sessions) {
        signal?.throwIfAborted();
        tenants.add(tenantId);
        sessions += 1;
        messages += (await store.loadMessages({ tenantId, userId, sessionId })).messages.length;
      }
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return { tenants: tenants.size, sessions, messages };
  } finally {
    await store.close();
  }
}
