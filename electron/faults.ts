import type { App } from 'electron';

export interface FaultOptions {
  process: Pick<NodeJS.Process, 'on' | 'stdout' | 'stderr'>;
  app: Pick<App, 'on'>;
  report(sentence: string): void;
  /** Begins the ordered end of a program that cannot be trusted any more. */
  end(): void;
  /** Ends the process without asking anyone. */
  exit(code: number): void;
}

/**
 * What nobody caught. A rejection that was not heard is told, and the program goes on; after an exception nothing is known
 * to hold, so the program ends in order, and at once when that throws too.
 */
export function followFaults({ process, app, report, end, exit }: FaultOptions): void {
  let isEnding = false;
  // A terminal that was closed takes nothing more; without this each sentence for it would be an exception.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  process.on('unhandledRejection', (reason) => report(`A failure was not handled: ${traceOf(reason)}`));
  process.on('uncaughtException', (error) => {
    report(`The program failed: ${traceOf(error)}`);
    if (isEnding) return exit(1);
    isEnding = true;
    end();
  });
  app.on('child-process-gone', (_event, { type, name, reason, exitCode }) => {
    if (reason !== 'clean-exit') report(`The process ${name ?? type} ended: ${reason} (${exitCode}).`);
  });
}

function traceOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
