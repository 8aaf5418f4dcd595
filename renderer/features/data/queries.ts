import { useQuery } from '@tanstack/react-query';
import { answer, api } from '../../api/client.ts';

export const dataKeys = {
  map: ['data', 'map'],
  backups: ['data', 'backups'],
  sizes: ['data', 'sizes'],
  quarantine: ['data', 'quarantine'],
} as const;

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
