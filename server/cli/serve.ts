import type { LogLine } from '../contract/logs.ts';
import { onEndSignal } from '../host/signals.ts';
import { databaseLocked } from '../host/undecided-sessions.ts';
import { openServerHost, type ServerHost } from '../index.ts';
import { AppError } from '../lib/app-error.ts';
import { openBrowserConsole } from './console.ts';
import { commandLineOf, installFiles, type ServerFlags } from './options.ts';
import { createStateTeller, formatLine, say } from './output.ts';

/** `agentrail serve`: for a machine without a display. A server that cannot start ends the program with its reason. */
export async function runServe(flags: ServerFlags & { console?: boolean }): Promise<void> {
  const host = flags.console ? await openWithConsole(flags) : await openAlone(flags);
  host.server.subscribe(createStateTeller());
  try {
    await host.server.start();
  } catch (error) {
    // Its console is the place to unlock the vault.
    if (flags.console && error instanceof AppError && error.code === databaseLocked) return;
    await host.close('now');
    throw error;
  }
}

async function openWithConsole(flags: ServerFlags): Promise<ServerHost> {
  const { host, announceLink } = await openBrowserConsole(flags, createEcho());
  announceLink();
  return host;
}

async function openAlone(flags: ServerFlags): Promise<ServerHost> {
  let end: () => void = () => undefined;
  const host = await openServerHost({
    ...installFiles(),
    commandLine: commandLineOf(flags),
    echo: createEcho(),
    onEndAsked: () => end(),
  });
  end = onEndSignal(async () => {
    say('Stopping. Ctrl-C again ends at once.');
    await host.close('drain', (step) => say(`  ${step}`));
    say('Stopped.');
  });
  return host;
}

/** People read lines, collectors read JSON. To a pipe a write is a wait, so the lines of one tick share one. */
function createEcho(): (line: LogLine) => void {
  let waiting = '';
  const write = () => {
    if (waiting !== '') process.stdout.write(waiting);
    waiting = '';
  };
  process.once('exit', write);
  return (line) => {
    if (waiting === '') setImmediate(write);
    waiting += process.stdout.isTTY ? formatLine(line) : `${JSON.stringify(line)}\n`;
  };
}
