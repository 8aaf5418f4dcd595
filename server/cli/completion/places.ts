import type { Argument, Command, Option } from 'commander';

export interface Completed {
  word: string;
  about: string;
}

/** An option in all its spellings. `choices` are the values that it takes; absent when it takes any, or none. */
export interface CompletedOption {
  words: string[];
  about: string;
  takesValue: boolean;
  choices?: readonly string[];
}

/** What may follow one command. `path`: ` sessions ls`, a space before each word; empty for the program itself. */
export interface Place {
  path: string;
  /** Commands below it and choices of its argument. */
  words: Completed[];
  options: CompletedOption[];
}

/** All commands that a person is shown, the program first. */
export function readPlaces(command: Command, path = ''): Place[] {
  const help = command.createHelp();
  const verbs = help.visibleCommands(command);
  const place: Place = {
    path,
    words: [
      ...verbs.map((each) => ({ word: each.name(), about: help.subcommandDescription(each) })),
      ...command.registeredArguments.flatMap(choicesOf),
    ],
    options: help.visibleOptions(command).map(toOption),
  };
  const below = command.commands.filter((each) => verbs.includes(each));
  return [place, ...below.flatMap((each) => readPlaces(each, `${path} ${each.name()}`))];
}

function choicesOf({ argChoices = [], description }: Argument): Completed[] {
  return argChoices.map((word) => ({ word, about: description }));
}

function toOption({ short, long, description, required, optional, argChoices }: Option): CompletedOption {
  return {
    words: [short, long].filter((word) => word !== undefined),
    about: description,
    takesValue: required || optional,
    ...(argChoices && { choices: argChoices }),
  };
}

/** Options that take a value, by what may follow them: ` tenants import --merge`. */
export function valuesOf(places: readonly Place[]): { after: string; choices: readonly string[] }[] {
  return places.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .flatMap(({ words, choices = [] }) => words.map((word) => ({ after: `${path} ${word}`, choices }))),
  );
}

/** One word for a POSIX shell, whatever it holds. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
