import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { LeakSweepState } from '../../../server/contract/leak-sweep.ts';
import { answer, api } from '../../api/client.ts';
import { queryKeys } from '../../api/query-client.ts';

/** Below the key of secrets: a change of one asks for all of them again. */
export const careKeys = {
  vault: [...queryKeys.secrets, 'vault'],
  history: (name: string) => [...queryKeys.secrets, 'history', name],
  tokens: ['tokens'],
  sweep: ['leak-sweep'],
} as const;

export function useVault() {
  return useQuery({ queryKey: careKeys.vault, queryFn: () => answer(api.vault.$get()) });
}

export function useHistory(name: string, isWanted: boolean) {
  return useQuery({
    queryKey: careKeys.history(name),
    queryFn: () => answer(api.secrets[':name'].history.$get({ param: { name } })),
    enabled: isWanted,
  });
}

export function useTokens() {
  return useQuery({ queryKey: careKeys.tokens, queryFn: () => answer(api.tokens.$get()) });
}

export function useSweepState() {
  return useQuery({ queryKey: careKeys.sweep, queryFn: () => answer<LeakSweepState>(api.secrets.sweep.$get()) });
}

/** Asks for everything on the page again. */
export function useRefreshAll(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: queryKeys.secrets });
}
