import { readFile } from 'node:fs/promises';
import type { Command, Option } from 'commander';
import type { EnvImportEntry, EnvImportPreview } from '../contract/env-import.ts';
import { type ProbeResult, type SecretInfo, secretNamePattern, type VaultStatus } from '../contract/secrets.ts';
import { type ConsoleClient, withConsole } from './link/with-console.ts';
import { type DataFlags, exitCodes, runCommand, usageError } from './opened-data.ts';
import { say, sayPlain, sayTable } from './output.ts';
import { readInput, readSecretValue } from './secret-input.ts';
import type { Column } from './table.ts';
import { dressVerb, onConsole } from './verbs.ts';

/** `agentrail secrets …`: the vault. No command prints a value, and none takes one as an argument. */
export function addSecretCommands(program: Command, common: Option[]): void {
  const parent = program.command('secrets').description('list, set, test and remove keys and tokens in the vault');
  const add = (usage: string, about: string) => dressVerb(parent.command(usage), about, common);

  add('ls', 'list keys and where each comes from, never a value').action((flags: DataFlags) =>
    onConsole(flags, (console) => list(console, flags)),
  );
  add('set <name> [value]', 'store a value, read from standard input or asked for')
    .usage('[options] <name>')
    .action((name: string, value: string | undefined, flags: DataFlags) =>
      value === undefined ? set(name, flags) : runCommand(async () => refuseArgument(name)),
    );
  add('rm <name...>', 'remove values from the vault')
    .option('--forget', 'their earlier values too; nothing can be rolled back to then')
    .action((names: string[], flags: DataFlags & { forget?: boolean }) => {
      return runChecked(names, flags, (console) => remove(console, names, flags));
    });
  add('test <name...>', 'ask the provider whether the key works, with a call that is free').action(
    (names: string[], flags: DataFlags) => runChecked(names, flags, (console) => test(console, names, flags)),
  );
  add('import <file>', 'take variables of a .env file over (- is standard input); shows what would change')
    .option('--yes', 'really')
    .option('--only <names...>', 'these alone')
    .action((file: string, flags: ImportFlags) =>
      runCommand(async (signal) => {
        const text = await readEnv(file);
        return withConsole(flags, { signal }, (console) => importEnv(console, text, flags));
      }),
    );
  add('unlock', 'open a locked vault with its passphrase, read from standard input or asked for').action(
    (flags: DataFlags) => onConsole(flags, (console) => unlock(console, flags), { only: 'server' }),
  );
}

interface ImportFlags extends DataFlags {
  yes?: boolean;
  only?: string[];
}

function refuseArgument(name: string): never {
  throw usageError(
    `A value in the arguments is seen by other programs and kept by the shell. Nothing was stored. Type: agentrail secrets set ${name}   and paste it when asked, or send it to standard input.`,
  );
}

function checkName(name: string): void {
  if (secretNamePattern.test(name)) return;
  throw usageError('A name is 2 to 64 capital letters, digits and underscores, and starts with a letter.');
}

function runChecked(names: string[], flags: DataFlags, work: (console: ConsoleClient) => Promise<number>) {
  return runCommand(async (signal) => {
    for (const name of names) checkName(name);
    return withConsole(flags, { signal }, work);
  });
}

const columns: Column<SecretInfo>[] = [
  { head: 'NAME', of: ({ name }) => name },
  { head: 'FROM', of: ({ isSet, origin }) => (isSet ? (origin ?? '') : 'not set') },
  { head: 'ENDS WITH', of: ({ lastFour }) => lastFour ?? '' },
  { head: 'LAST TEST', of: ({ lastResult }) => lastResult?.outcome ?? '' },
  { head: 'NOTE', isCut: true, of: ({ shadowsVault }) => (shadowsVault ? 'wins over the vault' : '') },
];

async function list({ api, ask }: ConsoleClient, { json }: DataFlags): Promise<number> {
  const { secrets, vault } = await ask<{ secrets: SecretInfo[]; vault: VaultStatus }>(api.secrets.$get());
  if (json) say(JSON.stringify({ secrets, vault }));
  else {
    sayTable(columns, secrets);
    say(`Vault: ${vault.state}, ${vault.backend.replace('_', ' ')}.${vault.problem ? ` ${vault.problem}` : ''}`);
  }
  return vault.state === 'locked' || vault.state === 'damaged' ? exitCodes.problem : exitCodes.fine;
}

function set(name: string, flags: DataFlags): Promise<void> {
  return runCommand(async (signal) => {
    checkName(name);
    const value = await readSecretValue(`${name}: `, signal);
    return withConsole(flags, { signal }, async ({ api, ask }) => {
      const pending = api.secrets[':name'].$put({ param: { name }, json: { value } });
      const { secret } = await ask<{ secret: SecretInfo }>(pending);
      const note = secret.origin === 'vault' ? '' : ` The ${secret.origin} holds another value, which wins.`;
      say(flags.json ? JSON.stringify(secret) : `${name} is stored.${note}`);
      return exitCodes.fine;
    });
  });
}

async function remove(
  { api, ask }: ConsoleClient,
  names: string[],
  flags: DataFlags & { forget?: boolean },
): Promise<number> {
  const secrets: SecretInfo[] = [];
  for (const name of new Set(names)) {
    const query = { history: flags.forget ? ('forget' as const) : ('keep' as const) };
    const { secret } = await ask<{ secret: SecretInfo }>(api.secrets[':name'].$delete({ param: { name }, query }));
    secrets.push(secret);
    const note = secret.isSet ? ` The ${secret.origin} still sets it.` : '';
    if (!flags.json) say(`${name} is no longer in the vault.${note}`);
  }
  if (flags.json) say(JSON.stringify(secrets));
  return exitCodes.fine;
}

async function test({ api, ask }: ConsoleClient, names: string[], { json }: DataFlags): Promise<number> {
  const results: (ProbeResult & { name: string })[] = [];
  for (const name of new Set(names)) {
    const { result } = await ask<{ result: ProbeResult }>(api.secrets[':name'].test.$post({ param: { name } }));
    results.push({ name, ...result });
    if (!json) sayPlain(`${name}  ${result.outcome}  ${result.message}`);
  }
  if (json) say(JSON.stringify(results));
  return results.every(({ outcome }) => outcome === 'accepted') ? exitCodes.fine : exitCodes.problem;
}

async function readEnv(file: string): Promise<string> {
  if (file === '-') return readInput();
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw usageError(`The file ${file} cannot be read.`);
  }
}

async function importEnv({ api, ask }: ConsoleClient, text: string, flags: ImportFlags): Promise<number> {
  const { entries } = await ask<EnvImportPreview>(api.secrets.import.preview.$post({ json: { text } }));
  const offered = entries.filter(({ act }) => act !== 'ignored');
  const names = (
    flags.only ?? offered.filter(({ isSuggested }) => isSuggested).flatMap(({ name }) => name ?? [])
  ).filter((name, index, all) => all.indexOf(name) === index);
  const missing = names.find((name) => !offered.some((entry) => entry.name === name));
  if (missing !== undefined) throw usageError(`${missing} is no variable of this file that can be taken over.`);
  if (!flags.yes) {
    if (flags.json) say(JSON.stringify({ entries, names }));
    else {
      sayTable(entryColumns(names), entries);
      say(`${names.length} to take over. Do it with --yes.`);
    }
    return exitCodes.fine;
  }
  const { secrets } = await ask<{ secrets: SecretInfo[] }>(api.secrets.import.$post({ json: { text, names } }));
  say(flags.json ? JSON.stringify(secrets) : `${names.length} taken over: ${names.join(', ')}`);
  return exitCodes.fine;
}

function entryColumns(names: string[]): Column<EnvImportEntry>[] {
  return [
    { head: 'LINE', isRight: true, of: ({ line }) => String(line) },
    { head: 'NAME', of: ({ name }) => name ?? '' },
    { head: 'ACT', of: ({ act, name }) => (act !== 'ignored' && !names.includes(name ?? '') ? 'left out' : act) },
    { head: 'WHY', isCut: true, of: ({ reason, isShadowed }) => reason ?? (isShadowed ? 'the environment wins' : '') },
  ];
}

async function unlock({ api, ask, signal }: ConsoleClient, { json }: DataFlags): Promise<number> {
  const passphrase = await readSecretValue('Passphrase of the vault: ', signal);
  const { vault } = await ask<{ vault: VaultStatus }>(api.secrets.unlock.$post({ json: { passphrase } }));
  say(json ? JSON.stringify(vault) : `The vault is ${vault.state}.${vault.problem ? ` ${vault.problem}` : ''}`);
  return vault.state === 'unlocked' || vault.state === 'empty' ? exitCodes.fine : exitCodes.problem;
}
