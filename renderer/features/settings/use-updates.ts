import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { UpdateAction, UpdateState } from '../../../electron/native/contract.ts';

const key = ['updates'];

/** Where the desktop program is on the way to a newer version; undefined in a browser, and until it is known. */
export function useUpdates() {
  const client = useQueryClient();
  const { data } = useQuery({
    queryKey: key,
    queryFn: async (): Promise<UpdateState | null> => (await window.native?.updates()) ?? null,
    enabled: window.native !== undefined,
  });
  useEffect(() => window.native?.onUpdate((state) => client.setQueryData(key, state)), [client]);
  const act = useMutation({
    mutationFn: async (action: UpdateAction) => (await window.native?.update(action)) ?? null,
    onSuccess: (state) => client.setQueryData(key, state),
  });
  return { updates: data ?? undefined, act };
}
