import type { SearchHit, SessionListing } from '../../contract/sessions.ts';
import { hitsIn } from '../index/search-hits.ts';
import type { SearchWords } from '../index/search-words.ts';
import { toCursor } from '../session-cursor.ts';
import type { Database, Queries } from './database.ts';
import { behind, type Filter, newestFirst, whereOf, withCondition } from './list-sessions.ts';
import { sqlStateOf } from './postgres-error.ts';
import { type StoredSession, toSessionRow } from './session-rows.ts';

type Searched = Pick<Database, 'read' | 'transaction'>;

const queryCanceled = '57014';

/** With more matching texts than this, or after so long, walking the list finds a page sooner than gathering all. */
const maxGathered = 5_000;
const maxGatheringMs = 150;
/** Sessions looked through before the index is asked: a word of most sessions fills a page with them. */
const firstWalk = 200;
/** So many times more are worth it when the first ones promise a page. */
const mostPatience = 10;
/** Sessions looked through at a time afterwards, and most of them for one page. */
const walkStep = 500;
const maxWalked = 10_000;
/** Most messages looked through at a time: some sessions hold very many. */
const maxTextsAtOnce = 20_000;
/** Texts shown to whoever looks for the place of a match. */
const textsPerSession = 3;

export interface SearchScope {
  filter: Filter;
  limit: number;
  hasTrigrams: boolean;
}

/** Sessions that hold all words in their title or in one message, in the order of the list. */
export async function searchSessions(
  database: Searched,
  words: SearchWords,
  scope: SearchScope,
): Promise<SessionListing> {
  const queries: Queries = { rows: database.read };
  // Words of one or two characters are looked for in titles only, as everywhere.
  if (words.match === undefined) return pageOf(queries, words, scope, 'title ILIKE ALL (?)', [words.likes]);
  const walk = createWalk(queries, words, scope);
  if (!scope.hasTrigrams) return walk.upTo(maxWalked);
  const first = await walk.upTo(firstWalk);
  if (walk.isOver()) return first;
  if (walk.found() * mostPatience >= scope.limit) {
    const more = await walk.upTo(firstWalk * (1 + mostPatience));
    if (walk.isOver()) return more;
  }
  const numbers = await gather(database, words);
  if (numbers === undefined) return walk.upTo(maxWalked);
  return pageOf(queries, words, scope, 'no = ANY (?::bigint[])', [numbers]);
}

/** Every session that matches, found through the index; undefined when there are too many, or it takes too long. */
async function gather({ transaction }: Searched, { likes }: SearchWords): Promise<number[] | undefined> {
  return transaction(async ({ rows }) => {
    await rows(`SELECT set_config('statement_timeout', '${maxGatheringMs}', true)`);
    try {
      const found = await rows<{ no: number }>(
        `(SELECT session_no AS no FROM agentrail.texts WHERE ${all('text', likes, 1)} LIMIT ${maxGathered + 1})
          UNION ALL
          (SELECT no FROM agentrail.sessions WHERE ${all('title', likes, 1)} LIMIT ${maxGathered + 1})`,
        likes,
      );
      return found.length > maxGathered ? undefined : [...new Set(found.map(({ no }) => no))];
    } catch (error) {
      if (sqlStateOf(error) === queryCanceled) return undefined;
      throw error;
    }
  });
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

interface Walk {
  found(): number;
  /** The page as far as it is found once so many sessions were looked through, or it is full. */
  upTo(most: number): Promise<SessionListing>;
  /** The page is full or the list at its end: walking on finds no more. */
  isOver(): boolean;
}

/** Looks through the list piece by piece until a page is full, or enough was looked at for one. */
function createWalk(queries: Queries, words: SearchWords, { filter, limit }: SearchScope): Walk {
  const matching: StoredSession[] = [];
  let from = filter;
  let walked = 0;
  let last: StoredSession | undefined;
  let hasEnded = false;

  async function step(many: number): Promise<void> {
    const likes = from.values.length + 1;
    // All of a step but the first are within what may be looked through at once.
    const found = await queries.rows<StoredSession & { matches: boolean }>(
      `SELECT s.*, (s.title ILIKE ALL ($${likes}::text[]) OR EXISTS (SELECT FROM agentrail.texts t
          WHERE t.session_no = s.no AND t.text ILIKE ALL ($${likes}::text[]))) AS matches
        FROM (SELECT *, sum(next_seq) OVER (${newestFirst}) - next_seq AS before
          FROM (SELECT * FROM agentrail.sessions ${whereOf(from)} ${newestFirst} LIMIT ${many}) AS next) AS s
        WHERE s.before <= ${2 * maxTextsAtOnce} ${newestFirst}`,
      [...from.values, words.likes],
    );
    matching.push(...found.filter(({ matches }) => matches));
    walked += many;
    last = found.at(-1) ?? last;
    hasEnded = found.length === 0;
    if (last) from = behind(filter, [last.active_at, last.session_id, last.tenant_id]);
  }

  return {
    found: () => matching.length,
    isOver: () => hasEnded || matching.length > limit,
    async upTo(most) {
      while (!hasEnded && matching.length <= limit && walked < most) {
        await step(Math.min(walkStep, most - walked));
      }
      if (matching.length > limit) return withHits(queries, words, matching.slice(0, limit), matching[limit - 1]);
      return withHits(queries, words, matching, hasEnded ? undefined : last);
    },
  };
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
