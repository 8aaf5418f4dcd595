import { onLauncherGone } from './launcher-pipe.ts';

/**
 * Process ends by Ctrl-C, `kill` or a closed terminal take the ordered way once; a second one ends at once. So does the
 * end of the program that started this one, where it left a pipe to be watched. The returned function takes that way too.
 */
export function onEndSignal(close: (signal: string) => Promise<void>, launcherPipe?: number): () => void {
  let isClosing = false;
  const begin = (signal: string) => {
    isClosing = true;
    close(signal).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isClosing) process.exit(130);
      begin(signal);
    });
  }
  const endOnce = (reason: string) => {
    if (!isClosing) begin(reason);
  };
  if (launcherPipe !== undefined) onLauncherGone(launcherPipe, () => endOnce('launcher gone'));
  return () => endOnce('asked');
}
