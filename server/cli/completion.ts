import { Argument, type Command } from 'commander';
import { bashScript } from './completion/bash.ts';
import { fishScript } from './completion/fish.ts';
import { readPlaces } from './completion/places.ts';
import { zshScript } from './completion/zsh.ts';
import { say } from './output.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };
type Shell = keyof typeof scripts;

/** `agentrail completion <shell>`: made from the commands themselves, so it knows what this version knows. */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes commands and options in your shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(scripts)))
    .action((shell: Shell) => say(scripts[shell](readPlaces(program)).trimEnd()));
}
