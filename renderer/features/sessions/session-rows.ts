import type { SessionKey } from '../../../server/contract/ids.ts';
import type { IndexProgress, SessionListing, SessionRow } from '../../../server/contract/sessions.ts';

/** What of the list is known: always its beginning, without gaps. */
export interface KnownRows {
  rows: readonly SessionRow[];
  /** Absent when the list is known to its end. */
  nextCursor?: string | undefined;
  /** A search found what it could; more may come. */
  isIncomplete: boolean;
  /** The server still looks for sessions: more may come anywhere, and `nextCursor` says nothing of the end. */
  indexing?: IndexProgress | undefined;
}

export const noRows: KnownRows = { rows: [], isIncomplete: false };

/** Also the id of the row's element. */
export function keyOf({ tenantId, userId, sessionId }: SessionKey): string {
  return `${tenantId}/${userId}/${sessionId}`;
}

export function fromListing({ sessions, nextCursor, isIncomplete = false, indexing }: SessionListing): KnownRows {
  return { rows: sessions, nextCursor, isIncomplete, indexing };
}

/** The next page behind what is known. A session that became active meanwhile stands on an earlier page already. */
export function appendListing(known: KnownRows, listing: SessionListing): KnownRows {
  return { ...fromListing(listing), rows: known.rows.concat(unseenIn(known.rows, listing.sessions)) };
}

/** Asked for each page of a list that may be long: keys are made only of rows that share an id with one of the page. */
function unseenIn(rows: readonly SessionRow[], page: readonly SessionRow[]): readonly SessionRow[] {
  const ids = new Set(page.map(({ sessionId }) => sessionId));
  const seen = new Set(rows.filter(({ sessionId }) => ids.has(sessionId)).map(keyOf));
  return seen.size === 0 ? page : page.filter((row) => !seen.has(keyOf(row)));
}

/** The first page anew: it is right about the sessions as far down as it reaches, what is known about those below. */
export function renewFirst(known: KnownRows, listing: SessionListing): KnownRows {
  const first = fromListing(listing);
  const last = listing.sessions.at(-1);
  if (listing.nextCursor === undefined || last === undefined) return first;
  const renewed = new Set(listing.sessions.map(keyOf));
  const below = known.rows.filter((row) => !renewed.has(keyOf(row)) && isBelow(row, last));
  if (below.length === 0) return first;
  return { ...first, rows: [...listing.sessions, ...below], nextCursor: known.nextCursor };
}

export function withoutRows(known: KnownRows, keys: ReadonlySet<string>): KnownRows {
  return { ...known, rows: known.rows.filter((row) => !keys.has(keyOf(row))) };
}

export function withTitle(known: KnownRows, key: string, title: string): KnownRows {
  return { ...known, rows: known.rows.map((row) => (keyOf(row) === key ? { ...row, title } : row)) };
}

/** In the order of the list: latest activity first, then by id, then by tenant. */
function isBelow(row: SessionRow, other: SessionRow): boolean {
  if (row.lastActiveAt !== other.lastActiveAt) return row.lastActiveAt < other.lastActiveAt;
  if (row.sessionId !== other.sessionId) return row.sessionId < other.sessionId;
  return row.tenantId < other.tenantId;
}
