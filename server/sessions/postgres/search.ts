import type { SearchHit, SessionListing } from '../../contract/sessions.ts';
import { hitsIn } from '../index/search-hits.ts';
import type { SearchWords } from '../index/search-words.ts';
import { toCursor } from '../session-cursor.ts';
import type { Queries } from './database.ts';
import { behind, type Filter, newestFirst, whereOf, withCondition } from './list-sessions.ts';
import { type StoredSession, toSessionRow } from './session-rows.ts';

/** With more matching texts than this, walking the list finds a page sooner than gathering all that match. */
const maxGathered = 20_000;
/** Sessions looked through at a time while walking, and most of them for one page. */
const walkStep = 500;
const maxWalked = 10_000;
/** Texts shown to whoever looks for the place of a match. */
const textsPerSession = 3;

export interface SearchScope {
  filter: Filter;
  limit: number;
  hasTrigrams: boolean;
}

/** Sessions that hold all words in their title or in one message, in the order of the list. */
export async function searchSessions(
  queries: Queries,
  words: SearchWords,
  scope: SearchScope,
): Promise<SessionListing> {
  // Words of one or two characters are looked for in titles only, as everywhere.
  if (words.match === undefined) return pageOf(queries, words, scope, 'title ILIKE ALL (?)', [words.likes]);
  const numbers = scope.hasTrigrams ? await gather(queries, words) : undefined;
  if (numbers === undefined) return walk(queries, words, scope);
  return pageOf(queries, words, scope, 'no = ANY (?::bigint[])', [numbers]);
}

/** Every session that matches, found through the index; undefined when there are too many. */
async function gather({ rows }: Queries, { likes }: SearchWords): Promise<number[] | undefined> {
  const found = await rows<{ no: number }>(
    `(SELECT session_no AS no FROM agentrail.texts WHERE ${all('text', likes, 1)} LIMIT ${maxGathered + 1})
      UNION ALL
      (SELECT no FROM agentrail.sessions WHERE ${all('title', likes, 1)} LIMIT ${maxGathered + 1})`,
    likes,
  );
  return found.length > maxGathered ? undefined : [...new Set(found.map(({ no }) => no))];
}

async function pageOf(
  queries: Queries,
  words: SearchWords,
  { filter, limit }: SearchScope,
  condition: string,
  values: unknown[],
): Promise<SessionListing> {
  const narrowed = withCondition(filter, condition, ...values);
  const found = await queries.rows<StoredSession>(
    `SELECT * FROM agentrail.sessions ${whereOf(narrowed)} ${newestFirst} LIMIT ${limit + 1}`,
    narrowed.values,
  );
  return withHits(queries, words, found.slice(0, limit), found.length > limit ? found[limit - 1] : undefined);
}

/** Every word for itself: no index serves `ILIKE ALL`. The words are the parameters from `first` on. */
function all(column: string, likes: readonly string[], first: number): string {
  return likes.map((_, at) => `${column} ILIKE $${first + at}`).join(' AND ');
}

/** Looks through the list piece by piece until a page is full, or enough was looked at for one. */
async function walk(queries: Queries, words: SearchWords, { filter, limit }: SearchScope): Promise<SessionListing> {
  const matching: StoredSession[] = [];
  let from = filter;
  for (let walked = 0; walked < maxWalked; walked += walkStep) {
    const step = await queries.rows<StoredSession & { matches: boolean }>(
      `SELECT s.*, (s.title ILIKE ALL ($${from.values.length + 1}::text[]) OR EXISTS (SELECT FROM agentrail.texts t
          WHERE t.session_no = s.no AND t.text ILIKE ALL ($${from.values.length + 1}::text[]))) AS matches
        FROM (SELECT * FROM agentrail.sessions ${whereOf(from)} ${newestFirst} LIMIT ${walkStep}) AS s ${newestFirst}`,
      [...from.values, words.likes],
    );
    for (const row of step) {
      if (row.matches) matching.push(row);
      if (matching.length > limit) return withHits(queries, words, matching.slice(0, limit), matching[limit - 1]);
    }
    const last = step.at(-1);
    if (last === undefined || step.length < walkStep) return withHits(queries, words, matching, undefined);
    from = behind(filter, [last.active_at, last.session_id, last.tenant_id]);
    if (walked + walkStep >= maxWalked) return withHits(queries, words, matching, last);
  }
  return withHits(queries, words, matching, undefined);
}

/** `scannedTo`: where the next page begins; absent when there is none. */
async function withHits(
  { rows }: Queries,
  words: SearchWords,
  found: StoredSession[],
  scannedTo: StoredSession | undefined,
): Promise<SessionListing> {
  const texts = await rows<{ no: number; role: 'user' | 'assistant'; at: number; text: string }>(
    `SELECT s.no, t.role, t.at, t.text FROM unnest($1::bigint[]) AS s (no), LATERAL (
        SELECT role, at, text FROM agentrail.texts WHERE session_no = s.no AND text ILIKE ALL ($2::text[])
        ORDER BY seq DESC LIMIT ${textsPerSession}) AS t`,
    [found.map(({ no }) => no), words.likes],
  );
  const hitsOf = (session: StoredSession): SearchHit[] =>
    hitsIn([{ role: null, at: null, text: session.title }, ...texts.filter(({ no }) => no === session.no)], words);
  return {
    sessions: found.map((session) => ({ ...toSessionRow(session), hits: hitsOf(session) })),
    ...(scannedTo !== undefined && { nextCursor: toCursor(toSessionRow(scannedTo)) }),
  };
}
