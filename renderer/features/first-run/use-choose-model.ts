import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import type { chooseModelSchema } from '../../../server/contract/first-run-schemas.ts';
import { answer, api } from '../../api/client.ts';
import { queryKeys } from '../../api/query-client.ts';

export type ModelWish = z.input<typeof chooseModelSchema>;

/** `onChosen` is told when runs use it from now on. */
export function useChooseModel(onChosen: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (wish: ModelWish) => answer(api['first-run'].model.$post({ json: wish })),
    onSuccess({ isChosen }) {
      void queries.invalidateQueries({ queryKey: queryKeys.secrets });
      void queries.invalidateQueries({ queryKey: queryKeys.agents });
      if (isChosen) onChosen();
    },
    // A key must not stay in the cache of mutations.
    gcTime: 0,
  });
}
