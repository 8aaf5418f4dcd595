import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ApiTokenInfo, type Scope, scopes } from '../contract/api-tokens.ts';
import { systemClock } from '../lib/clock.ts';
import type { ConsoleClient } from './link/with-console.ts';
import { type DataFlags, exitCodes } from './opened-data.ts';
import { say, sayTable } from './output.ts';
import type { Column } from './table.ts';
import { dressVerb, onConsole } from './verbs.ts';

interface CreateFlags extends DataFlags {
  scope: Scope[];
  days?: number;
  tenant?: string;
  user?: string;
}

const dayMs = 86_400_000;

/** `agentrail tokens …`: named tokens of the agent API. */
export function addTokenCommands(program: Command, common: Option[]): void {
  const parent = program.command('tokens').description('list, make and revoke named tokens of the agent API');
  const add = (usage: string, about: string) => dressVerb(parent.command(usage), about, common);
  add('ls', 'list tokens, never their values').action((flags: DataFlags) =>
    onConsole(flags, (console) => list(console, flags)),
  );
  add('create <name>', 'make a token and print it, once')
    .addOption(new Option('--scope <scopes...>', 'what it may do').choices(scopes).default(['chat'], 'chat'))
    .option('--days <number>', 'it expires after so many days (default: never)', toDays)
    .option('--tenant <id>', 'for this tenant only')
    .option('--user <id>', 'for this user of the tenant only')
    .action((name: string, flags: CreateFlags) => onConsole(flags, (console) => create(console, name, flags)));
  add('revoke <id...>', 'refuse tokens from now on').action((ids: string[], flags: DataFlags) =>
    onConsole(flags, (console) => revoke(console, ids, flags)),
  );
}

function toDays(text: string): number {
  const days = Number(text);
  if (Number.isFinite(days) && days > 0 && days <= 36_500) return days;
  throw new InvalidArgumentError('Write a number of days, for instance 90.');
}

const day = (at: number | undefined): string => (at === undefined ? 'never' : new Date(at).toISOString().slice(0, 10));

const columns: Column<ApiTokenInfo>[] = [
  { head: 'ID', of: ({ id }) => id },
  { head: 'MAY', of: (token) => token.scopes.join(',') },
  { head: 'FOR', isCut: true, of: ({ tenantId = 'all', userId }) => tenantId + (userId ? `/${userId}` : '') },
  { head: 'EXPIRES', of: ({ expiresAt, isExpired }) => (isExpired ? 'expired' : day(expiresAt)) },
  { head: 'USED', of: ({ lastUsedAt }) => day(lastUsedAt) },
  { head: 'NAME', isCut: true, of: ({ name }) => name },
];

async function list({ api, ask }: ConsoleClient, { json }: DataFlags): Promise<number> {
  const { tokens } = await ask<{ tokens: ApiTokenInfo[] }>(api.tokens.$get());
  if (json) say(JSON.stringify(tokens));
  else if (tokens.length === 0) say('There are no named tokens.');
  else sayTable(columns, tokens);
  return exitCodes.fine;
}

async function create({ api, ask }: ConsoleClient, name: string, flags: CreateFlags): Promise<number> {
  const { scope, days, tenant, user } = flags;
  const json = {
    ...{ name, scopes: scope },
    ...(days !== undefined && { expiresAt: Math.round(systemClock.now() + days * dayMs) }),
    ...(tenant !== undefined && { tenantId: tenant }),
    ...(user !== undefined && { userId: user }),
  };
  const made = await ask<{ token: string; info: ApiTokenInfo }>(api.tokens.$post({ json }));
  if (flags.json) say(JSON.stringify(made));
  else {
    say(made.token);
    process.stderr.write(`${made.info.id}: keep it now, it is not shown again.\n`);
  }
  return exitCodes.fine;
}

async function revoke({ api, ask }: ConsoleClient, ids: string[], { json }: DataFlags): Promise<number> {
  for (const id of new Set(ids)) {
    await ask(api.tokens[':id'].$delete({ param: { id } }));
    if (!json) say(`${id} is revoked.`);
  }
  if (json) say(JSON.stringify({ revoked: [...new Set(ids)] }));
  return exitCodes.fine;
}
