import type { Command, Option } from 'commander';
import { looksLikeCredential } from '../config/credential-like.ts';
import type { ConfigFault, ConfigValue } from '../contract/config.ts';
import { hasServer } from './link/console-link.ts';
import { type ConsoleClient, withConsole } from './link/with-console.ts';
import { type DataFlags, exitCodes, locate, runCommand } from './opened-data.ts';
import { say, sayPlain, sayTable } from './output.ts';
import { dressVerb } from './verbs.ts';

interface Settings {
  filePath: string;
  values: ConfigValue[];
  faults: ConfigFault[];
  notes: ConfigFault[];
}

/** `agentrail config check|show`. Secrets are no settings: they are in the vault, and never shown. */
export function addConfigCommands(program: Command, common: Option[]): void {
  const parent = program.command('config').description('check and show the settings');
  const add = (usage: string, about: string) => dressVerb(parent.command(usage), about, common);
  add('check', 'read the settings file and name every fault with its line').action((flags: DataFlags) =>
    runCommand(() => check(flags)),
  );
  add('show [path]', 'print every value with the source that won, or those below a path')
    .option('--file', 'as the file and this environment say, not the running server')
    .action((path: string | undefined, flags: DataFlags & { file?: boolean }) =>
      flags.file ? runCommand(async () => show(await readHere(flags), path, flags)) : showRunning(path, flags),
    );
}

/** The file as it is now; what a running server has in force may be older. */
async function readHere(flags: DataFlags): Promise<Settings> {
  const { config } = await locate(flags);
  return { filePath: config.filePath(), values: config.values(), faults: config.faults(), notes: config.notes() };
}

async function check(flags: DataFlags): Promise<number> {
  const { filePath, faults, notes } = await readHere(flags);
  if (flags.json) say(JSON.stringify({ filePath, faults, notes }));
  else {
    for (const fault of faults) sayPlain(`${placeOf(filePath, fault)}: ${fault.message}`);
    for (const note of notes) sayPlain(`${placeOf(filePath, note)}: note: ${note.message}`);
    if (faults.length === 0) sayPlain(`${filePath} is fine.`);
  }
  return faults.length === 0 ? exitCodes.fine : exitCodes.problem;
}

/** As compilers write it, so that editors jump there. */
function placeOf(file: string, { line, path }: ConfigFault): string {
  return `${file}${line === undefined ? '' : `:${line}`}: ${path}`;
}

/** Without a server the file is all there is, and needs no data directory. */
function showRunning(path: string | undefined, flags: DataFlags): Promise<void> {
  return runCommand(async (signal) => {
    const running = async ({ api, ask }: ConsoleClient) => show(await ask<Settings>(api.settings.$get()), path, flags);
    const { dataDir } = await locate(flags);
    if (!(await hasServer(dataDir))) return show(await readHere(flags), path, flags);
    return withConsole(flags, { signal }, running);
  });
}

function show({ filePath, values, faults }: Settings, path: string | undefined, { json }: DataFlags): number {
  const isAsked = (value: ConfigValue) => path === undefined || `${value.path}.`.startsWith(`${path}.`);
  const found = values.filter(isAsked).map(withoutSecrets);
  if (json) say(JSON.stringify({ filePath, values: found, faults }));
  else if (found.length === 0) sayPlain(`There is no setting ${path}.`);
  else {
    sayTable(
      [
        { head: 'SETTING', of: (value) => value.path },
        { head: 'VALUE', isCut: true, of: ({ value }) => (value === null ? 'not set' : textOf(value)) },
        { head: 'FROM', isCut: true, of: ({ source, from }) => (from === undefined ? source : `${source}, ${from}`) },
      ],
      found,
    );
  }
  if (faults.length > 0) process.stderr.write(`The file has faults; it is not in force: agentrail config check\n`);
  return found.length === 0 || faults.length > 0 ? exitCodes.problem : exitCodes.fine;
}

/** A key does not belong into settings, but may stand there; variables and headers of MCP servers are for such. */
function withoutSecrets({ path, value, shadows, ...rest }: ConfigValue): ConfigValue {
  const isOfProgram = /^mcpServers\.[^.]+\.(env|headers)(\.|$)/.test(path);
  const hide = (part: unknown): unknown => {
    if (typeof part === 'string') {
      const isReference = /^\$\{[A-Z][A-Z0-9_]*\}$/.test(part);
      return looksLikeCredential(part) || (isOfProgram && !isReference) ? '(not shown)' : part;
    }
    if (Array.isArray(part)) return part.map(hide);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, each]) => [key, hide(each)]));
  };
  const hidden = shadows?.map((shadow) => ({ ...shadow, value: hide(shadow.value) }));
  return { path, value: hide(value), ...rest, ...(hidden && { shadows: hidden }) };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
