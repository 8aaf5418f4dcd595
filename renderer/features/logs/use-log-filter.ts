import { useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { type Filter, readFilter, writeFilter } from './log-filter.ts';

export interface LogAddress {
  filter: Filter;
  /** Number of the line that is looked at; undefined: the newest. */
  at: number | undefined;
  change(part: Partial<Filter>): void;
  /** The whole filter and place anew, as a step that going back undoes. */
  open(filter: Filter, at?: number): void;
}

/** The filter and the place are the address of the page: they can be linked to and kept. */
export function useLogAddress(): LogAddress {
  const [search, setSearch] = useSearchParams();
  const text = search.toString();
  return useMemo(() => {
    const present = new URLSearchParams(text);
    const filter = readFilter(present);
    const place = present.get('at');
    const at = place !== null && /^\d{1,15}$/.test(place) ? Number(place) : undefined;
    const write = (next: Filter, nextAt: number | undefined) => {
      const params = writeFilter(next);
      if (nextAt !== undefined) params.set('at', String(nextAt));
      return params;
    };
    return {
      filter,
      at,
      change: (part) => setSearch(write({ ...filter, ...part }, at), { replace: true }),
      open: (next, nextAt) => setSearch(write(next, nextAt)),
    };
  }, [text, setSearch]);
}
