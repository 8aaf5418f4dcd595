import { useCallback, useEffect, useRef, useState } from 'react';
import { type ApiError, toApiError } from '../../api/api-error.ts';
import { answer, api } from '../../api/client.ts';
import { useLiveEvents } from '../../api/live-context.ts';
import { type SessionFilter, toSearch } from './session-filter.ts';
import {
  appendListing,
  fromListing,
  type KnownRows,
  noRows,
  renewFirst,
  withoutRows,
  withTitle,
} from './session-rows.ts';

const pageSize = 100;
/** Most that the server gives at once. */
const mostPerPage = 200;
/** Runs begin and end in bursts; the list follows at this pace. */
const renewMs = 1000;
/** The index is being made: what was found is looked for again. */
const incompleteMs = 2000;
const indexingMs = 1000;

export interface SessionRows {
  known: KnownRows;
  isLoading: boolean;
  isLoadingMore: boolean;
  error: ApiError | undefined;
  loadMore(): void;
  reload(): void;
  remove(keys: ReadonlySet<string>): void;
  rename(key: string, title: string): void;
}

async function fetchPage(query: string, cursor?: string, limit = pageSize) {
  const wanted = { ...(JSON.parse(query) as Record<string, string>), limit: String(limit), partial: 'yes' } as const;
  return answer(api.sessions.$get({ query: { ...wanted, ...(cursor !== undefined && { cursor }) } }));
}

/** The list from its beginning, at least `count` sessions of it when it has so many. */
async function fetchFirst(query: string, count: number): Promise<KnownRows> {
  let known = fromListing(await fetchPage(query, undefined, count > pageSize ? mostPerPage : pageSize));
  while (known.rows.length < count && known.nextCursor !== undefined && known.indexing === undefined) {
    known = appendListing(known, await fetchPage(query, known.nextCursor, mostPerPage));
  }
  return known;
}

/** The sessions of a filter, newest first: a page at a time, and its beginning kept true. */
export function useSessionRows(filter: SessionFilter): SessionRows {
  const [known, setKnown] = useState(noRows);
  const [isLoading, setLoading] = useState(true);
  const [isLoadingMore, setLoadingMore] = useState(false);
  const [error, setError] = useState<ApiError>();
  const query = JSON.stringify(toSearch(filter));
  /** Counts the loads: an answer to an earlier one is late and dropped. */
  const turn = useRef(0);
  const latest = useRef(known);
  const renewal = useRef<ReturnType<typeof setTimeout>>(undefined);

  const load = useCallback(async () => {
    turn.current += 1;
    const mine = turn.current;
    setLoading(true);
    setLoadingMore(false);
    setError(undefined);
    try {
      const listing = await fetchPage(query);
      if (mine !== turn.current) return;
      setKnown(fromListing(listing));
    } catch (thrown) {
      if (mine !== turn.current) return;
      setKnown(noRows);
      setError(toApiError(thrown));
    }
    setLoading(false);
  }, [query]);

  useEffect(() => {
    void load();
    return () => {
      turn.current += 1;
      clearTimeout(renewal.current);
      renewal.current = undefined;
    };
  }, [load]);

  const loadMore = useCallback(async () => {
    const { nextCursor } = known;
    if (nextCursor === undefined || isLoading || isLoadingMore) return;
    const mine = turn.current;
    setLoadingMore(true);
    setError(undefined);
    try {
      const listing = await fetchPage(query, nextCursor, mostPerPage);
      if (mine === turn.current) setKnown((now) => (now.nextCursor === nextCursor ? appendListing(now, listing) : now));
    } catch (thrown) {
      if (mine === turn.current) setError(toApiError(thrown));
    }
    if (mine === turn.current) setLoadingMore(false);
  }, [known, isLoading, isLoadingMore, query]);

  const renewIn = useCallback(
    (ms: number) => {
      const mine = turn.current;
      renewal.current ??= setTimeout(async () => {
        try {
          const listing = await fetchPage(query);
          // Sessions were found in between those that are known.
          const isWholeNow = latest.current.indexing !== undefined && listing.indexing === undefined;
          const whole = isWholeNow ? await fetchFirst(query, latest.current.rows.length) : undefined;
          if (mine === turn.current) setKnown((now) => whole ?? renewFirst(now, listing));
        } catch (thrown) {
          if (mine === turn.current) setError(toApiError(thrown));
        } finally {
          if (mine === turn.current) renewal.current = undefined;
        }
      }, ms);
    },
    [query],
  );

  useLiveEvents((event) => {
    if (event.type === 'reset') void load();
    if (event.type === 'run' && (event.run.status !== 'running' || event.run.turn <= 1)) renewIn(renewMs);
  });
  useEffect(() => {
    latest.current = known;
    if (known.isIncomplete) renewIn(known.indexing ? indexingMs : incompleteMs);
  }, [known, renewIn]);
  useEffect(() => {
    // A page of a search may hold few rows, or none, although more follow.
    const isShort = known.rows.length < pageSize / 2 && known.indexing === undefined;
    if (error === undefined && isShort) void loadMore();
  }, [known, error, loadMore]);

  return {
    known,
    isLoading,
    isLoadingMore,
    error,
    loadMore: () => void loadMore(),
    reload: () => void load(),
    remove: (keys) => setKnown((now) => withoutRows(now, keys)),
    rename: (key, title) => setKnown((now) => withTitle(now, key, title)),
  };
}
