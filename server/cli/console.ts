import open from 'open';
import { onEndSignal } from '../host/signals.ts';
import { type BrowserConsoleHost, openConsoleHost } from '../index.ts';
import { messageOf } from '../lib/app-error.ts';
import { listenForConsole } from './console-listener.ts';
import { commandLineOf, installFiles, type ServerFlags } from './options.ts';
import { createStateTeller, formatLine, say } from './output.ts';

export interface ConsoleFlags extends ServerFlags {
  /** Commander makes these of --no-open and --no-start. */
  open: boolean;
  start: boolean;
}

/** `agentrail console`: the console in a browser, and the server unless told otherwise. Runs until a signal. */
export async function runConsole(flags: ConsoleFlags): Promise<void> {
  const opened = await openBrowserConsole(
    flags,
    (line) => line.level === 'error' && process.stderr.write(formatLine(line)),
  );
  opened.host.server.subscribe(createStateTeller());
  const link = opened.announceLink();
  if (flags.start) startServer(opened.host);
  if (flags.open) await openBrowser(link);
}

/** The console with its listener; ends in order on a signal. */
export async function openBrowserConsole(
  flags: ServerFlags,
  echo: (line: Parameters<typeof formatLine>[0]) => unknown,
): Promise<{ host: BrowserConsoleHost; announceLink(): string }> {
  let port = 0;
  let lastLink = '';
  let end: () => void = () => undefined;
  const host = await openConsoleHost({
    ...installFiles(),
    commandLine: commandLineOf(flags),
    echo,
    onEndAsked: () => end(),
    auth: {
      port: () => port,
      announce(link) {
        lastLink = link;
        say(`Console: ${link}\n         (this link works once, for ten minutes)`);
      },
    },
  });
  try {
    const listener = await listenForConsole(host.fetch, flags.consolePort);
    port = listener.port;
    end = onEndSignal(async () => {
      say('Stopping. Ctrl-C again ends at once.');
      await host.close('now', (step) => say(`  ${step}`));
      await listener.close(500);
      say('Stopped.');
    }, flags.launcherPipe);
  } catch (error) {
    await host.close('now');
    throw error;
  }
  return {
    host,
    announceLink() {
      host.announceLink();
      return lastLink;
    },
  };
}

/** A server that does not start is a state that the console shows, not an end of the program. */
export function startServer(host: BrowserConsoleHost): void {
  host.server.start().catch(() => say('         The console is up; start the server on its Overview page.'));
}

async function openBrowser(link: string): Promise<void> {
  try {
    const browser = await open(link);
    browser.on('error', () => say('         No browser could be opened; open the link yourself.'));
    browser.unref();
  } catch (error) {
    say(`         No browser could be opened (${messageOf(error)}); open the link yourself.`);
  }
}
