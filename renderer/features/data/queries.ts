import { useQuery } from '@tanstack/react-query';
import type { DataPlace } from '../../../server/contract/first-run.ts';
import { answer, api } from '../../api/client.ts';
import { queryKeys } from '../../api/query-client.ts';

export const dataKeys = {
  map: ['data', 'map'],
  backups: ['data', 'backups'],
  sizes: ['data', 'sizes'],
  quarantine: ['data', 'quarantine'],
  growth: ['data', 'growth'],
  reset: ['data', 'reset'],
} as const;

/** The first run shows the same. */
export const placeKey = [...queryKeys.firstRun, 'place'];

/** Measuring means walking through all that is kept. */
const growthEveryMs = 600_000;

export function useDataMap() {
  return useQuery({ queryKey: dataKeys.map, queryFn: () => answer(api.data.map.$get()) });
}

export function useBackups() {
  return useQuery({ queryKey: dataKeys.backups, queryFn: () => answer(api.data.backups.$get()) });
}

export function useSizes() {
  return useQuery({ queryKey: dataKeys.sizes, queryFn: () => answer(api.data.sizes.$get()) });
}

export function useQuarantines() {
  return useQuery({ queryKey: dataKeys.quarantine, queryFn: () => answer(api.data.quarantine.$get()) });
}

export function useGrowth() {
  return useQuery({
    queryKey: dataKeys.growth,
    queryFn: () => answer(api.data.growth.$get()),
    refetchInterval: growthEveryMs,
  });
}

export function usePlace() {
  return useQuery({ queryKey: placeKey, queryFn: () => answer<DataPlace>(api['first-run'].place.$get()) });
}

export function useReset() {
  return useQuery({ queryKey: dataKeys.reset, queryFn: () => answer(api.data.reset.$get({ query: {} })) });
}
