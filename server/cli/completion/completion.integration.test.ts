import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../program.ts';
import { everyCommand } from '../usage.ts';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { readPlaces } from './places.ts';
import { zshScript } from './zsh.ts';

const places = readPlaces(createProgram());

function ask(shell: string, ...args: string[]): string {
  return execFileSync(shell, args, { encoding: 'utf8' });
}

/** What bash itself would offer at the end of `line`. */
function offeredByBash(line: string): string[] {
  const words = line.split(' ');
  const call = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _agentrail; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const said = ask('bash', '--norc', '-c', `${bashScript(places)}\n${call}`);
  return said.split('\n').filter(Boolean);
}

/** The functions of zsh's own completion stand in for what they would show. */
function offeredByZsh(line: string): string[] {
  const words = line.split(' ');
  const own = `compdef() { :; }; _files() { :; }; _describe() { printf '%s\\n' "\${(@P)2}"; }`;
  const call = `words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}; _agentrail`;
  const said = ask('zsh', '-f', '-c', `${own}\n${zshScript(places)}\n${call}`);
  const last = words.at(-1) ?? '';
  return said
    .split('\n')
    .map((offer) => offer.replace(/:.*/, ''))
    .filter((word) => word !== '' && word.startsWith(last));
}

function offeredByFish(line: string): string[] {
  const call = `complete -C '${line}'`;
  const said = ask('fish', '--no-config', '-c', `${fishScript(places)}\n${call}`);
  return said
    .split('\n')
    .map((offer) => offer.replace(/\t.*/, ''))
    .filter(Boolean);
}

const shells: [name: string, offered: (line: string) => string[]][] = [
  ['bash', offeredByBash],
  ['zsh', offeredByZsh],
  ['fish', offeredByFish],
];

function isInstalled(shell: string): boolean {
  try {
    execFileSync(shell, ['-c', 'exit 0'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write(`${shell} is not installed: its completion was not run.\n`);
    return false;
  }
}

const present = shells.filter(([name]) => name === 'bash' || process.env.CI === 'true' || isInstalled(name));

describe.each(present)('the completion of %s', (_shell, offered) => {
  it('offers commands, and those below a command', () => {
    expect(offered('agentrail ses')).toEqual(['sessions']);
    expect(offered('agentrail sessions ').toSorted()).toEqual(expect.arrayContaining(['export', 'ls', 'rm']));
    expect(offered('agentrail sessions e')).toEqual(['export']);
  });

  it('offers the options of the command that the line has come to', () => {
    expect(offered('agentrail sessions ls --te')).toEqual(
      ['--tenant', '--text'].filter((word) => word.startsWith('--te')),
    );
    expect(offered('agentrail sessions ls --tenant acme --use')).toEqual(['--user']);
    expect(offered('agentrail serve --tenan')).toEqual([]);
  });

  it('offers the values of an option that takes certain ones', () => {
    expect(offered('agentrail tenants import x.gz --merge ').toSorted()).toEqual(['replace', 'skip']);
    expect(offered('agentrail completion z')).toEqual(['zsh']);
  });
});

it('knows every command and option that help shows', () => {
  const program = createProgram();
  const script = bashScript(places);
  for (const command of everyCommand(program)) {
    const help = command.createHelp();
    for (const each of help.visibleCommands(command)) expect(script).toContain(each.name());
    for (const option of help.visibleOptions(command)) expect(script).toContain(option.long ?? option.short);
  }
});

it('keeps what is hidden from help hidden', () => {
  expect(bashScript(places)).not.toContain('--launcher-pipe');
});
