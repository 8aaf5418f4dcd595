import { createContext, useContext, useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { SandboxStats } from '../../../server/contract/sandbox.ts';
import { useInterest, useLiveEvents } from '../../api/live-context.ts';

/** Ten minutes at one a second. */
export const samplesKept = 600;

export type StatsHistory = Readonly<Record<string, readonly SandboxStats[]>>;

/** Those of sandboxes that are not told any more are forgotten. */
export function addStats(history: StatsHistory, stats: readonly SandboxStats[]): StatsHistory {
  return Object.fromEntries(
    stats.map((each) => {
      const before = history[each.id] ?? [];
      const isKnown = before.at(-1)?.at === each.at;
      return [each.id, isKnown ? before : [...before, each].slice(-samplesKept)];
    }),
  );
}

export const StatsContext = createContext<StoreApi<StatsHistory> | undefined>(undefined);

/** Keeps what comes while the page is open. */
export function useStatsKeeper(): StoreApi<StatsHistory> {
  const store = useMemo(() => createStore<StatsHistory>(() => ({})), []);
  useInterest('stats');
  useLiveEvents((event) => {
    if (event.type === 'stats') store.setState(addStats(store.getState(), event.stats), true);
  });
  useEffect(() => () => store.setState({}, true), [store]);
  return store;
}

const none: readonly SandboxStats[] = [];

export function useStats(id: string): readonly SandboxStats[] {
  const store = useContext(StatsContext);
  if (!store) throw new Error('StatsContext is missing above this component.');
  return useStore(store, (history) => history[id] ?? none);
}
