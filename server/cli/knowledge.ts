import type { Command, Option } from 'commander';
import type { KnowledgeBase } from '../contract/knowledge.ts';
import type { ConsoleClient } from './link/with-console.ts';
import { type DataFlags, exitCodes, inMegabytes } from './opened-data.ts';
import { say, sayPlain, sayTable } from './output.ts';
import type { Column } from './table.ts';
import { dressVerb, onConsole } from './verbs.ts';

interface KnowledgeFlags extends DataFlags {
  tenant: string;
}

/** `agentrail knowledge …`: bases of the server that runs, which holds them. */
export function addKnowledgeCommands(program: Command, common: readonly Option[]): void {
  const parent = program.command('knowledge').description('list and remove knowledge bases of the running server');
  const add = (usage: string, about: string) =>
    dressVerb(parent.command(usage), about, common).option('--tenant <id>', 'whose they are', 'default');
  add('ls', 'list knowledge bases').action((flags: KnowledgeFlags) =>
    onConsole(flags, (console) => list(console, flags), { only: 'server' }),
  );
  add('rm <id...>', 'delete knowledge bases with all their documents').action((ids: string[], flags: KnowledgeFlags) =>
    onConsole(flags, (console) => remove(console, ids, flags), { only: 'server' }),
  );
}

const columns: Column<KnowledgeBase>[] = [
  { head: 'ID', of: ({ id }) => id },
  { head: 'DOCUMENTS', isRight: true, of: ({ documents }) => String(documents) },
  { head: 'SIZE', isRight: true, of: ({ sizeBytes }) => inMegabytes(sizeBytes) },
  { head: 'NAME', isCut: true, of: ({ name }) => name },
];

async function list({ agent }: ConsoleClient, { tenant, json }: KnowledgeFlags): Promise<number> {
  const query = { tenantId: tenant };
  const { knowledgeBases } = await agent<{ knowledgeBases: KnowledgeBase[] }>('GET', '/knowledge', { query });
  if (json) say(JSON.stringify(knowledgeBases));
  else if (knowledgeBases.length === 0) say('There are no knowledge bases.');
  else sayTable(columns, knowledgeBases);
  return exitCodes.fine;
}

/** One after the other; ends at the first that is refused. */
async function remove({ agent }: ConsoleClient, ids: string[], { tenant, json }: KnowledgeFlags): Promise<number> {
  const removed = [...new Set(ids)];
  for (const id of removed) {
    await agent('DELETE', `/knowledge/${encodeURIComponent(id)}`, { query: { tenantId: tenant } });
    if (!json) sayPlain(`${id}  removed`);
  }
  if (json) say(JSON.stringify(removed));
  return exitCodes.fine;
}
