import type { QueryClient } from '@tanstack/react-query';
import type { Live } from '../api/live-store.ts';
import { queryKeys } from '../api/query-client.ts';

/** Events that carry no state of their own, or end something, make what was fetched stale. */
export function refreshOnEvents(live: Live, queries: QueryClient): () => void {
  const refresh = (...keys: (readonly string[])[]) => {
    for (const queryKey of keys) void queries.invalidateQueries({ queryKey });
  };
  return live.subscribe((event) => {
    if (event.type === 'reset') void queries.invalidateQueries();
    else if (event.type === 'secret') refresh(queryKeys.secrets, queryKeys.agents);
    else if (event.type === 'settings') refresh(queryKeys.settings, queryKeys.agents);
    else if (event.type === 'server') refresh(queryKeys.agents);
    else if (event.type === 'run' && (event.run.status !== 'running' || event.run.turn <= 1)) {
      refresh(queryKeys.sessions, queryKeys.state, queryKeys.overview);
    }
  });
}
