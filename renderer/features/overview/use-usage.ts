import { useQuery } from '@tanstack/react-query';
import type { ConsoleState, OverviewFacts } from '../../../server/console/api.ts';
import { answer, api } from '../../api/client.ts';
import { queryKeys } from '../../api/query-client.ts';

const refreshMs = 10_000;

/** Figures that no event carries. */
export function useUsage(): ConsoleState | undefined {
  return useQuery({
    queryKey: queryKeys.state,
    queryFn: () => answer(api.state.$get()),
    refetchInterval: refreshMs,
  }).data;
}

const overviewRefreshMs = 60_000;

/** History and backups; runs that end refresh it at once. */
export function useOverview(): OverviewFacts | undefined {
  return useQuery({
    queryKey: queryKeys.overview,
    queryFn: () => answer<OverviewFacts>(api.overview.$get()),
    refetchInterval: overviewRefreshMs,
  }).data;
}
