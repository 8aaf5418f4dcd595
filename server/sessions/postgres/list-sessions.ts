import type { SessionListing } from '../../contract/sessions.ts';
import { AppError } from '../../lib/app-error.ts';
import { parseSearch } from '../index/search-words.ts';
import { parseCursor, toCursor } from '../session-cursor.ts';
import type { SessionQuery } from '../store.ts';
import type { Database } from './database.ts';
import { searchSessions } from './search.ts';
import { plain, type StoredSession, toSessionRow } from './session-rows.ts';

/** The list's conditions and order as SQL, with the values that belong to its parameters. */
export interface Filter {
  conditions: string[];
  values: unknown[];
}

export const newestFirst = 'ORDER BY active_at DESC, session_id DESC, tenant_id DESC';

/** Throws AppError `invalid_cursor` (400). */
export async function listSessions(
  database: Pick<Database, 'read' | 'transaction'>,
  query: SessionQuery,
  hasTrigrams: () => boolean,
): Promise<SessionListing> {
  const limit = Math.min(200, Math.max(1, query.limit));
  const filter = filterOf(query);
  const words = query.text === undefined ? undefined : parseSearch(query.text);
  if (words !== undefined) return searchSessions(database, words, { filter, limit, hasTrigrams: hasTrigrams() });
  const found = await database.read<StoredSession>(
    `SELECT * FROM agentrail.sessions ${whereOf(filter)} ${newestFirst} LIMIT ${limit + 1}`,
    filter.values,
  );
  const sessions = found.slice(0, limit).map(toSessionRow);
  const last = sessions.at(-1);
  return { sessions, ...(found.length > limit && last !== undefined && { nextCursor: toCursor(last) }) };
}

export function whereOf({ conditions }: Filter): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}

/** The same filter with one more condition, which names its values `?`. */
export function withCondition({ conditions, values }: Filter, condition: string, ...more: unknown[]): Filter {
  let at = values.length;
  const numbered = condition.replaceAll('?', () => {
    at += 1;
    return `$${at}`;
  });
  return { conditions: [...conditions, numbered], values: [...values, ...more] };
}

/** The sessions behind a place of the list. */
export function behind(filter: Filter, place: [activeAt: number, sessionId: string, tenantId: string]): Filter {
  return withCondition(filter, '(active_at, session_id, tenant_id) < (?::bigint, ?::text, ?::text)', ...place);
}

function filterOf({ tenantId, userId, agentId, lastStopReason, cursor }: SessionQuery): Filter {
  let filter: Filter = { conditions: [], values: [] };
  const wanted = { tenant_id: tenantId, user_id: userId, agent_id: agentId, stop_reason: lastStopReason };
  for (const [column, value] of Object.entries(wanted)) {
    if (value !== undefined) filter = withCondition(filter, `${column} = ?`, plain(value));
  }
  return cursor === undefined ? filter : behind(filter, placeOf(cursor));
}

function placeOf(cursor: string): [number, string, string] {
  const [activeAt, tenantId, sessionId] = parseCursor(cursor);
  if (Number.isSafeInteger(activeAt)) return [activeAt, plain(sessionId), plain(tenantId)];
  throw new AppError('invalid_cursor', 'The cursor is not one of this list. Start again without a cursor.', {
    status: 400,
  });
}
