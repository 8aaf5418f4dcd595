import { type Command, CommanderError } from 'commander';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createProgram } from './program.ts';

/** Whatever is typed: a command that begins, help, or one sentence that says what is wrong. */

function commandsOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap((each) => commandsOf(each))];
}

/** The whole command line, with nothing behind it: no command does its work. */
function makeProgram() {
  const said: string[] = [];
  const begun: string[] = [];
  const program = createProgram();
  for (const command of commandsOf(program)) {
    command.exitOverride();
    command.configureOutput({ writeOut: () => undefined, writeErr: (text) => said.push(text) });
    // Some begin by themselves although there are others below them; commander tells of that in no other way.
    const begins = command.commands.length === 0 || Boolean(Reflect.get(command, '_actionHandler'));
    if (begins) command.action(() => void begun.push(command.name()));
  }
  return { program, said, begun };
}

const { program: known } = makeProgram();
const names = [...new Set(commandsOf(known).map((command) => command.name()))];
const flags = [
  ...new Set(
    commandsOf(known).flatMap((command) => command.options.flatMap(({ short, long }) => [short ?? '', long ?? ''])),
  ),
];
const anyWord = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...names) },
  { weight: 4, arbitrary: fc.constantFrom(...flags.filter(Boolean)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...flags.filter(Boolean)), fc.string({ maxLength: 10 }))
      .map(([flag, value]) => `${flag}=${value}`),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '--',
      '-',
      '',
      '-1',
      '0',
      '65536',
      '1e3',
      'NaN',
      '--no-',
      '--__proto__',
      'constructor',
      '-hV',
      '\u0000',
      '/x',
      '2026-01-01',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
);

it('a command with others below it does not really begin here', async () => {
  const { program, begun } = makeProgram();
  await program.parseAsync(['backup'], { from: 'user' });
  expect(begun).toEqual(['backup']);
});

it('any arguments begin a command, show help, or are refused with a sentence and the code of wrong use', async () => {
  const outcomes = { begun: 0, helped: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(anyWord, { maxLength: 7 }), async (words) => {
      const { program, said, begun } = makeProgram();
      try {
        await program.parseAsync(words, { from: 'user' });
        expect(begun.length).toBe(1);
        outcomes.begun += 1;
      } catch (error) {
        if (!(error instanceof CommanderError)) throw error;
        expect(begun).toEqual([]);
        if (error.exitCode === 0 || error.code === 'commander.help') outcomes.helped += 1;
        else {
          outcomes.refused += 1;
          expect(said.join('')).toMatch(/^error: .+/);
        }
        expect(said.join('')).not.toMatch(/TypeError|RangeError|\n {4}at /);
      }
    }),
    { numRuns: 300 },
  );
  expect(Math.min(outcomes.begun, outcomes.helped, outcomes.refused)).toBeGreaterThan(5);
});
