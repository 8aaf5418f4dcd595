import type { Command } from 'commander';
import { nearest } from '../config/did-you-mean.ts';

/**
 * What cannot be parsed, at any depth, is told with the nearest word that there is, and ends the program. Commander would
 * hand an unknown first word to the default command, and asks a group without a verb for help as if that were a fault.
 */
export function endWithUsage(program: Command, exit: (code: number) => never): void {
  for (const command of everyCommand(program)) {
    command.exitOverride((error) => exit(error.exitCode)).showHelpAfterError('(more with --help)');
  }
  program.hook('preSubcommand', (parent) => refuseUnknownVerb(parent));
}

/** The command itself and all below it. */
export function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

function refuseUnknownVerb(parent: Command): void {
  const [word] = parent.args;
  if (word === undefined || word.startsWith('-')) return;
  const verbs = ['help', ...parent.commands.flatMap((each) => [each.name(), ...each.aliases()])];
  if (verbs.includes(word)) return;
  const meant = nearest(word, verbs);
  parent.error(`error: unknown command '${word}'${meant === undefined ? '' : `\n(Did you mean ${meant}?)`}`);
}
