import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { McpServerInfo } from '../../../server/contract/mcp.ts';
import { answer, api } from '../../api/client.ts';
import { queryKeys } from '../../api/query-client.ts';
import type { WrittenServer } from './mcp-form.ts';

const key = ['mcp'];
/** Servers come and go by themselves. */
const lookMs = 2000;

export function useMcpServers() {
  return useQuery({ queryKey: key, queryFn: () => answer(api.mcp.$get()), refetchInterval: lookMs });
}

export type McpAction =
  | { type: 'add'; name: string; server: WrittenServer }
  | { type: 'switch'; name: string; enabled: boolean }
  | { type: 'remove'; name: string }
  | { type: 'restart'; name: string };

/** Changes the file, or a server. */
export function useMcpAction() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (action: McpAction) => carryOut(action),
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: key }),
        queries.invalidateQueries({ queryKey: queryKeys.settings }),
      ]),
  });
}

async function carryOut(action: McpAction): Promise<McpServerInfo | { servers: McpServerInfo[] }> {
  const param = { name: action.name };
  switch (action.type) {
    case 'add':
      return answer(api.mcp.$post({ json: { name: action.name, server: action.server } }));
    case 'switch':
      return answer(api.mcp[':name'].$patch({ param, json: { enabled: action.enabled } }));
    case 'remove':
      return answer(api.mcp[':name'].$delete({ param }));
    case 'restart':
      return answer(api.mcp[':name'].restart.$post({ param }));
    default:
      return action satisfies never;
  }
}
