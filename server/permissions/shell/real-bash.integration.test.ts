import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shellCorpus } from '../testing/shell-corpus.ts';
import { analyse } from './analyse.ts';

/**
 * Bash itself says which commands a line runs: nothing is on its PATH, and it notes every name that it looks for in
 * vain. Lines that name a program by its path, or that wait for input, are left out.
 */
let folder: string;
let runs = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentrail-bash-'));
  writeFileSync(
    join(folder, 'handler'),
    // Ended by what no name can hold: a name may hold the end of a line.
    'command_not_found_handle() { printf "%s\\0" "$1" >> "$NOTES"; return "$STATUS"; }\nreadonly -f command_not_found_handle\n',
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** `status` is what every command ends with: it decides which branches are taken. */
function namesRunByBash(line: string, status: '0' | '1'): string[] {
  // What a line leaves in the background may write later.
  const notes = join(folder, `notes-${runs++}`);
  writeFileSync(notes, '');
  const env = {
    PATH: join(folder, 'nothing'),
    HOME: folder,
    BASH_ENV: join(folder, 'handler'),
    NOTES: notes,
    STATUS: status,
    LANG: 'C.UTF-8',
  };
  const run = spawnSync('/bin/bash', ['-c', line], {
    cwd: folder,
    env,
    // Not a pipe: with a socket as its input bash takes itself for a remote shell and reads other files.
    stdio: 'ignore',
    timeout: 2000,
    killSignal: 'SIGKILL',
  });
  if (run.error && !('code' in run.error && run.error.code === 'ETIMEDOUT')) throw run.error;
  return readFileSync(notes, 'utf8').split('\0').filter(Boolean);
}

/** How many commands bash ran. */
function expectNothingMissed(line: string): number {
  const { commands, unknowns } = analyse(line);
  if (unknowns.length > 0) return 0;
  const found = new Set(commands.map(({ words }) => words[0]?.value));
  const run = [
    ...(/while/.test(line) ? [] : namesRunByBash(line, '0')),
    ...(/until/.test(line) ? [] : namesRunByBash(line, '1')),
  ];
  expect(
    run.filter((name) => !found.has(name)),
    line,
  ).toEqual([]);
  return run.length;
}

const isSafeToRun = (line: string) => !/[\w.~]\/|\0/.test(line.replaceAll('/dev/', '')) && !line.includes('coproc');

describe('analyse, compared with bash', () => {
  it('misses no command of the corpus that bash runs', () => {
    let count = 0;
    for (const { line } of shellCorpus.filter((each) => isSafeToRun(each.line))) count += expectNothingMissed(line);
    expect(count).toBeGreaterThan(150);
  });

  it('misses no command of lines that are put together at random', () => {
    const name = fc.constantFrom('aa', 'bb', 'cc');
    const glue = fc.constantFrom(
      ...[
        ' ',
        ' ',
        ';',
        '\n',
        '&&',
        '||',
        '|',
        '&',
        '"',
        "'",
        '`',
        '$(',
        ')',
        '(',
        '{ ',
        '; }',
        '\\',
        '#',
        '$',
        '<(',
        '>x ',
      ],
      ...[
        '<<E\n',
        '\nE\n',
        '$((',
        '))',
        '((',
        '${x:-',
        '}',
        "$'",
        '$"',
        ' if ',
        ' then ',
        ' fi ',
        ' do ',
        ' done ',
        ' for x in ',
      ],
      ...[
        ' case x in ',
        ' x) ',
        ' ;; ',
        ' esac ',
        '[[ ',
        ' ]]',
        '!',
        ' ! ',
        '\t',
        '\r',
        '*',
        '?',
        '=',
        'x=',
        '<<<',
        'f() ',
        'eval ',
        '@(',
        '!(',
      ],
      ...['~', '文', '\u00a0', '\\\n', '{a,b}', '[', ']', '-', ' 2>&1', 'time ', 'exec ', 'x=(', '%', '^', ':'],
    );
    const line = fc.array(fc.oneof(name, glue), { minLength: 1, maxLength: 14 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(line, (text) => {
        if (isSafeToRun(text)) expectNothingMissed(text);
      }),
      { numRuns: 600 },
    );
  });
});
