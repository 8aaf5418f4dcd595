import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { StartupChange, StartupState } from '../../electron/native/contract.ts';

const key = ['startup'];

/** What the desktop program keeps of its start and end; only used where there is one. */
export function useStartup() {
  const client = useQueryClient();
  const ask = (change?: StartupChange): Promise<StartupState> => {
    if (!window.native) throw new Error('There is no desktop program.');
    return change === undefined ? window.native.startup() : window.native.changeStartup(change);
  };
  // Also changed outside of the page: by the question at the window's close, by the tray.
  const query = useQuery({
    queryKey: key,
    queryFn: () => ask(),
    refetchOnMount: 'always',
    enabled: window.native !== undefined,
  });
  const change = useMutation({
    mutationFn: (wanted: StartupChange) => ask(wanted),
    onSuccess: (state) => client.setQueryData(key, state),
  });
  return { startup: query.data, change };
}
