/** Process ends by Ctrl-C, `kill` or a closed terminal take the ordered way once; a second one ends at once. */
export function onEndSignal(close: (signal: string) => Promise<void>): void {
  let isClosing = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isClosing) process.exit(130);
      isClosing = true;
      close(signal).then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}
