import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Owner } from '../../../server/contract/ids.ts';
import type { UserMemory, UserMemoryChange } from '../../../server/contract/memory.ts';
import { answer, api } from '../../api/client.ts';

const calmMs = 15_000;
const busyMs = 700;

const path = api.tenants[':tenantId'].users[':userId'].memory;
const keyOf = ({ tenantId, userId }: Owner) => ['memory', tenantId, userId];

export function useMemoryUsers() {
  return useQuery({
    queryKey: ['memory', 'users'],
    queryFn: () => answer<{ users: Owner[] }>(api.memory.users.$get()),
    refetchInterval: calmMs,
  });
}

export function useMemory(owner: Owner) {
  const param = { ...owner };
  return useQuery({
    queryKey: keyOf(owner),
    queryFn: () => answer<UserMemory>(path.$get({ param })),
    refetchInterval: ({ state }) => (state.data?.rebuild?.status === 'running' ? busyMs : calmMs),
  });
}

export type MemoryAction = { type: 'change'; change: UserMemoryChange } | { type: 'clear' | 'rebuild' | 'stopRebuild' };

export function useMemoryAction(owner: Owner) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (action: MemoryAction) => carryOut(owner, action),
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: keyOf(owner) }),
        queries.invalidateQueries({ queryKey: ['memory', 'users'] }),
      ]),
  });
}

function carryOut(owner: Owner, action: MemoryAction): Promise<unknown> {
  const param = { ...owner };
  switch (action.type) {
    case 'change':
      return answer<UserMemory>(path.$put({ param, json: action.change }));
    case 'clear':
      return answer<UserMemory>(path.$delete({ param }));
    case 'rebuild':
      return answer(path.rebuild.$post({ param }));
    case 'stopRebuild':
      return answer(path.rebuild.$delete({ param }));
    default:
      return action satisfies never;
  }
}
