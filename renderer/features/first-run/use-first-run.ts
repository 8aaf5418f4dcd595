import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { DataPlace, FirstRun } from '../../../server/contract/first-run.ts';
import type { FirstRunChange } from '../../../server/contract/first-run-schemas.ts';
import { answer, api } from '../../api/client.ts';
import { queryKeys } from '../../api/query-client.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { showFault } from '../../ui/toast.tsx';

const placeKey = [...queryKeys.firstRun, 'place'];

export function useFirstRun() {
  return useQuery({ queryKey: queryKeys.firstRun, queryFn: () => answer<FirstRun>(api['first-run'].$get()) });
}

/** Kept on disk before it shows. */
export function useChangeFirstRun() {
  const queries = useQueryClient();
  const faultText = useFaultText();
  return useMutation({
    mutationFn: (change: FirstRunChange) => answer<FirstRun>(api['first-run'].$patch({ json: change })),
    onSuccess: (state) => queries.setQueryData(queryKeys.firstRun, state),
    onError: (error) => showFault(faultText(error)),
  });
}

export function usePlace() {
  return useQuery({ queryKey: placeKey, queryFn: () => answer<DataPlace>(api['first-run'].place.$get()) });
}

export function useChoosePlace() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (to: string) => answer(api['first-run'].place.$put({ json: { to } })),
    onSuccess: ({ place }) => queries.setQueryData(placeKey, place),
  });
}

export function useForgetPlace() {
  const queries = useQueryClient();
  const faultText = useFaultText();
  return useMutation({
    mutationFn: () => answer<DataPlace>(api['first-run'].place.$delete()),
    onSuccess: (place) => queries.setQueryData(placeKey, place),
    onError: (error) => showFault(faultText(error)),
  });
}
