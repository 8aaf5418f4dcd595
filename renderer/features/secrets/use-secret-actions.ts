import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { answer, api } from '../../api/client.ts';
import { queryKeys } from '../../api/query-client.ts';
import { useFaultText } from '../../api/use-fault-text.ts';
import { showFault } from '../../ui/toast.tsx';

export const revealMs = 10_000;

/** Refetches names and results after a change, in case the event of it is late. */
function useRefresh(): () => void {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries({ queryKey: queryKeys.secrets });
}

/** A free call to the provider with the key in force; its outcome is part of the secret. */
export function useTest(name: string) {
  const refresh = useRefresh();
  const faultText = useFaultText();
  return useMutation({
    mutationFn: () => answer(api.secrets[':name'].test.$post({ param: { name } })),
    onSuccess: refresh,
    onError: (error) => showFault(faultText(error)),
  });
}

export function useSet() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ name, value }: { name: string; value: string }) =>
      answer(api.secrets[':name'].$put({ param: { name }, json: { value } })),
    onSuccess: refresh,
    // The value must not stay in the cache of mutations.
    gcTime: 0,
  });
}

export function useUnlock() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (passphrase: string | undefined) =>
      answer(api.secrets.unlock.$post({ json: passphrase === undefined ? {} : { passphrase } })),
    onSuccess: refresh,
    gcTime: 0,
  });
}

export function useClear() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ name, history }: { name: string; history: 'keep' | 'forget' }) =>
      answer(api.secrets[':name'].$delete({ param: { name }, query: { history } })),
    onSuccess: refresh,
  });
}

export function useGenerateToken() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: () => answer(api.secrets['generate-token'].$post()),
    onSuccess: refresh,
    gcTime: 0,
  });
}

interface Reveal {
  value: string | undefined;
  reveal(): void;
  hide(): void;
}

/** A value for ten seconds, and never longer than its row is there or the window is looked at. */
export function useReveal(name: string): Reveal {
  const faultText = useFaultText();
  const [value, setValue] = useState<string>();
  useEffect(() => {
    if (value === undefined) return;
    const hide = () => setValue(undefined);
    const timer = setTimeout(hide, revealMs);
    document.addEventListener('visibilitychange', hide);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', hide);
    };
  }, [value]);
  const reveal = async () => {
    try {
      const revealed = await answer(api.secrets[':name'].reveal.$post({ param: { name } }));
      setValue(revealed.value);
    } catch (error) {
      showFault(faultText(error));
    }
  };
  return { value, reveal: () => void reveal(), hide: () => setValue(undefined) };
}
