import type { LogPage } from '../../../server/contract/logs.ts';
import { answer, api } from '../../api/client.ts';
import { type Filter, toQuery } from './log-filter.ts';
import { type LogWindow, windowOf } from './log-window.ts';

const pageSize = 500;

export interface Reading {
  filter: Filter;
  signal: AbortSignal;
  /** A long search came this far, and found so many lines until now. */
  onProgress(found: number): void;
}

type Place = { beforeSeq: number } | { afterSeq: number } | object;

/** One page, however long the search for it takes. The console answers in pieces. */
export async function readPage(reading: Reading, place: Place, limit = pageSize): Promise<LogPage> {
  const { filter, signal, onProgress } = reading;
  const isForward = 'afterSeq' in place;
  let lines: LogPage['lines'] = [];
  let at: object = place;
  while (true) {
    const query = { ...toQuery(filter, Date.now()), ...asText(at), limit: String(limit) };
    const page = await answer(api.logs.$get({ query }, { init: { signal } }));
    signal.throwIfAborted();
    lines = isForward ? [...lines, ...page.lines] : [...page.lines, ...lines];
    if (page.continueAt === undefined || lines.length >= limit) return { lines, hasMore: page.hasMore };
    onProgress(lines.length);
    at = isForward ? { afterSeq: page.continueAt } : { beforeSeq: page.continueAt };
  }
}

/** The newest lines, or those around a place. */
export async function readWindow(reading: Reading, at: number | undefined): Promise<LogWindow> {
  if (at === undefined) {
    const { lines, hasMore } = await readPage(reading, {});
    return windowOf(lines, { hasOlder: hasMore, hasNewer: false });
  }
  const [older, newer] = await Promise.all([
    readPage(reading, { beforeSeq: at }, 200),
    readPage(reading, { afterSeq: at - 1 }, 200),
  ]);
  return windowOf([...older.lines, ...newer.lines], { hasOlder: older.hasMore, hasNewer: newer.hasMore });
}

function asText(place: object): Record<string, string> {
  return Object.fromEntries(Object.entries(place).map(([name, value]) => [name, String(value)]));
}
