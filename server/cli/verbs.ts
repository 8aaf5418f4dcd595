import type { Command, Option } from 'commander';
import { type ConsoleClient, type WithConsoleOptions, withConsole } from './link/with-console.ts';
import { type DataFlags, runCommand } from './opened-data.ts';

/** Gives a verb what every verb understands. */
export function dressVerb(command: Command, about: string, common: readonly Option[]): Command {
  command.description(about).option('--json', 'print JSON');
  for (const option of common) command.addOption(option);
  return command;
}

/** Runs work on the console API of the data directory; Ctrl-C ends it. */
export function onConsole(
  flags: DataFlags,
  work: (console: ConsoleClient) => Promise<number>,
  options: Omit<WithConsoleOptions, 'signal'> = {},
): Promise<void> {
  return runCommand((signal) => withConsole(flags, { ...options, signal }, work));
}
