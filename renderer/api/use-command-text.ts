import { commandText } from '../../server/contract/cli-commands.ts';
import { useKnown } from './live-context.ts';

/** Makes of arguments the line for a terminal on the machine of the server, about its data directory. */
export function useCommandText(): (args: readonly string[]) => string {
  const dataDir = useKnown((live) => live.dataDir);
  const platform = useKnown((live) => live.platform);
  return (args) => commandText(args, dataDir, platform);
}
