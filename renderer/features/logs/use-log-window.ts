import { useCallback, useEffect, useRef, useState } from 'react';
import type { LogLine } from '../../../server/contract/logs.ts';
import { type ApiError, toApiError } from '../../api/api-error.ts';
import { useInterest, useLiveEvents } from '../../api/live-context.ts';
import { type Filter, isFiltering, isMatchedByConsole, matchesLine } from './log-filter.ts';
import { append, emptyWindow, type LogWindow, prepend, restartAt } from './log-window.ts';
import { type Reading, readPage, readWindow } from './read-log.ts';

/** New lines are asked for this often where only the console can match them or knows them all. */
const askMs = 1000;

export interface LogLines {
  window: LogWindow;
  /** Counts the loads that ended: another list then starts at its own place, and the last one stays until then. */
  generation: number;
  isLoading: boolean;
  /** A search over much of the log goes on; so many lines were found until now. */
  searching: number | undefined;
  isCleared: boolean;
  /** Lines that came after the window's end while somebody read. */
  unread: number;
  error: ApiError | undefined;
  loadOlder(): void;
  loadNewer(): void;
  clear(): void;
  reload(): void;
}

/**
 * A piece of the log around a place, older and newer lines as they are asked for, and new ones as they come while the end
 * is in sight. `isFollowing` tells whether it is.
 */
export function useLogWindow(filter: Filter, at: number | undefined, isFollowing: () => boolean): LogLines {
  const [window, setWindow] = useState(emptyWindow);
  const [generation, setGeneration] = useState(0);
  const [isLoading, setLoading] = useState(true);
  const [searching, setSearching] = useState<number>();
  const [clearedSeq, setClearedSeq] = useState<number>();
  const [unread, setUnread] = useState(0);
  const [error, setError] = useState<ApiError>();
  const current = useRef({ window, clearedSeq });
  current.current = { window, clearedSeq };
  /** Ends the reads of a filter that is not shown any more. */
  const shown = useRef(new AbortController());
  /** Lines that come during a load wait for its answer. */
  const waiting = useRef<LogLine[] | undefined>(undefined);
  const isBusy = useRef({ older: false, newer: false });
  /** Lines came while newer ones were read: they are read too. */
  const isBehind = useRef(false);
  /** Newest line that was heard of, and the newest that a read up to the end has passed. */
  const heard = useRef({ live: 0, read: 0 });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const update = useCallback((change: (now: LogWindow) => LogWindow) => {
    // Several events may come before the page is drawn again: each starts from what the last one made.
    current.current.window = change(current.current.window);
    setWindow(current.current.window);
  }, []);

  const reading = useCallback(
    (signal: AbortSignal): Reading => ({ filter, signal, onProgress: setSearching }),
    [filter],
  );

  const load = useCallback(async () => {
    shown.current.abort();
    shown.current = new AbortController();
    const { signal } = shown.current;
    waiting.current = [];
    heard.current.read = 0;
    isBusy.current = { older: false, newer: false };
    setLoading(true);
    setError(undefined);
    setClearedSeq(undefined);
    setUnread(0);
    try {
      const read = await readWindow(reading(signal), at);
      if (signal.aborted) return;
      const came = waiting.current ?? [];
      update(() => (read.hasNewer ? read : append(read, came, false)));
    } catch (thrown) {
      if (signal.aborted) return;
      update(() => emptyWindow);
      setError(toApiError(thrown));
    }
    waiting.current = undefined;
    setSearching(undefined);
    setGeneration((count) => count + 1);
    setLoading(false);
  }, [reading, at, update]);

  useEffect(() => {
    void load();
    return () => {
      shown.current.abort();
      clearTimeout(timer.current);
      timer.current = undefined;
    };
  }, [load]);

  const loadOlder = useCallback(async () => {
    const { window: now, clearedSeq: cleared } = current.current;
    const first = now.lines[0];
    if (!first || !now.hasOlder || isBusy.current.older || cleared !== undefined) return;
    isBusy.current.older = true;
    const { signal } = shown.current;
    try {
      const page = await readPage(reading(signal), { beforeSeq: first.seq });
      update((latest) => (latest.lines[0]?.seq === first.seq ? prepend(latest, page) : latest));
    } catch (thrown) {
      if (!signal.aborted) setError(toApiError(thrown));
    }
    if (signal.aborted) return;
    isBusy.current.older = false;
    setSearching(undefined);
  }, [reading, update]);

  const loadNewer = useCallback(async () => {
    if (isBusy.current.newer || waiting.current) return;
    isBusy.current.newer = true;
    const { signal } = shown.current;
    try {
      do {
        isBehind.current = false;
        const { window: now, clearedSeq: cleared } = current.current;
        const afterSeq = Math.max(now.lines.at(-1)?.seq ?? cleared ?? 0, now.hasNewer ? 0 : heard.current.read);
        const { live } = heard.current;
        const page = await readPage(reading(signal), { afterSeq });
        if (!page.hasMore) heard.current.read = live;
        if (isFollowing() && !now.hasNewer && page.hasMore) {
          // More came than is worth reading on the way to the end.
          const newest = await readPage(reading(signal), {});
          update((latest) => restartAt(latest, newest.lines));
        } else {
          update((latest) => append(latest, page.lines, page.hasMore));
        }
        if (!current.current.window.hasNewer) setUnread(0);
      } while (isBehind.current && !current.current.window.hasNewer);
    } catch (thrown) {
      if (!signal.aborted) setError(toApiError(thrown));
    }
    if (signal.aborted) return;
    isBusy.current.newer = false;
    setSearching(undefined);
  }, [reading, update, isFollowing]);

  const askSoon = () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void loadNewer();
    }, askMs);
  };

  useInterest('logs');
  useLiveEvents((event) => {
    if (event.type === 'reset') void load();
    if (event.type !== 'logs') return;
    heard.current.live = event.lines.at(-1)?.seq ?? heard.current.live;
    const isUnfiltered = !isFiltering(filter);
    const lines = isMatchedByConsole(filter) ? [] : event.lines.filter((line) => matchesLine(filter, line));
    if (waiting.current) {
      waiting.current.push(...lines);
      if (waiting.current.length > 2000) waiting.current.splice(0, waiting.current.length - 2000);
      return;
    }
    if (isBusy.current.newer) isBehind.current = true;
    const { window: now } = current.current;
    if (now.hasNewer) {
      setUnread((count) => count + lines.length + (isUnfiltered ? event.dropped : 0));
    } else if (isMatchedByConsole(filter) || (event.dropped > 0 && !isUnfiltered)) {
      askSoon();
    } else if (event.dropped === 0) {
      update((latest) => append(latest, lines, false));
    } else if (isFollowing() || now.lines.length === 0) {
      update((latest) => restartAt(latest, lines));
    } else {
      update((latest) => ({ ...latest, hasNewer: true }));
      setUnread((count) => count + lines.length + event.dropped);
    }
  });

  const clear = useCallback(() => {
    const { window: now } = current.current;
    setClearedSeq(now.lines.at(-1)?.seq ?? 0);
    setUnread(0);
    update((latest) => restartAt({ ...latest, hasOlder: false }, []));
    update((latest) => ({ ...latest, hasOlder: false }));
  }, [update]);

  return {
    window,
    generation,
    isLoading,
    searching,
    isCleared: clearedSeq !== undefined,
    unread,
    error,
    loadOlder: () => void loadOlder(),
    loadNewer: () => void loadNewer(),
    clear,
    reload: () => void load(),
  };
}
