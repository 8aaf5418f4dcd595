import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './api-error.ts';

export const queryKeys = {
  state: ['state'],
  secrets: ['secrets'],
  settings: ['settings'],
  agents: ['agents'],
  sessions: ['sessions'],
  overview: ['overview'],
  firstRun: ['first-run'],
  messages: (sessionId: string) => ['messages', sessionId],
} as const;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        refetchOnWindowFocus: false,
        // The event stream knows when the console is back; asking a console that refused once more changes nothing.
        retry: (failures, error) => failures < 2 && error instanceof ApiError && error.code === 'unreachable',
        // Requests go to this machine, with or without a network.
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });
}
