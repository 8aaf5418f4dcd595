import type { SessionRow } from '../contract/sessions.ts';
import type { AgentrailSessionStore, SessionQuery } from './store.ts';

/** Every session of a query, newest first, a page at a time. */
export async function* everySession(
  sessions: Pick<AgentrailSessionStore, 'list'>,
  query: Omit<SessionQuery, 'cursor' | 'limit'> = {},
): AsyncGenerator<SessionRow, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = await sessions.list({ ...query, limit: 200, ...(cursor !== undefined && { cursor }) });
    yield* page.sessions;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/** Ids of all sessions of a tenant that the store lists. */
export async function listIds(
  sessions: Pick<AgentrailSessionStore, 'list'>,
  tenantId: string,
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const { sessionId } of everySession(sessions, { tenantId })) ids.add(sessionId);
  return ids;
}
