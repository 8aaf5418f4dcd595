import type { Command, Option } from 'commander';
import type { BrokenSkill, SkillInfo } from '../contract/skills.ts';
import type { ConsoleClient } from './link/with-console.ts';
import { type DataFlags, exitCodes, inMegabytes } from './opened-data.ts';
import { say, sayPlain, sayTable } from './output.ts';
import type { Column } from './table.ts';
import { dressVerb, onConsole } from './verbs.ts';

type Work = (console: ConsoleClient, name: string) => Promise<string>;

/** `agentrail skills …`: those of the server that runs, which holds them. */
export function addSkillCommands(program: Command, common: readonly Option[]): void {
  const parent = program.command('skills').description('list, switch and remove the skills of the running server');
  const add = (usage: string, about: string) => dressVerb(parent.command(usage), about, common);
  const each = (verb: string, about: string, work: Work) =>
    add(`${verb} <name...>`, about).action((names: string[], flags: DataFlags) =>
      onConsole(flags, (console) => forEach(console, names, flags, work), { only: 'server' }),
    );
  add('ls', 'list skills').action((flags: DataFlags) =>
    onConsole(flags, (console) => list(console, flags), { only: 'server' }),
  );
  each('enable', 'offer skills to agents', switchTo(true));
  each('disable', 'offer skills to no agent', switchTo(false));
  each('rm', 'delete skills with all their files', async ({ agent }, name) => {
    await agent('DELETE', at(name));
    return 'removed';
  });
}

const at = (name: string) => `/skills/${encodeURIComponent(name)}`;

function switchTo(enabled: boolean): Work {
  return async ({ agent }, name) => {
    await agent<SkillInfo>('PATCH', at(name), { body: { enabled } });
    return enabled ? 'enabled' : 'disabled';
  };
}

const columns: Column<SkillInfo>[] = [
  { head: 'SKILL', of: ({ name }) => name },
  { head: 'STATE', of: ({ enabled }) => (enabled ? 'enabled' : 'disabled') },
  { head: 'VERSION', of: ({ version = '–' }) => version },
  { head: 'SIZE', isRight: true, of: ({ sizeBytes }) => inMegabytes(sizeBytes) },
  { head: 'DESCRIPTION', isCut: true, of: ({ description }) => description },
];

async function list({ agent }: ConsoleClient, { json }: DataFlags): Promise<number> {
  const found = await agent<{ skills: SkillInfo[]; broken: BrokenSkill[] }>('GET', '/skills');
  const { skills, broken } = found;
  if (json) say(JSON.stringify(found));
  else {
    if (skills.length === 0) say('There are no skills.');
    else sayTable(columns, skills);
    for (const { name, problem } of broken) sayPlain(`${name}  ${problem}`);
  }
  return broken.length === 0 ? exitCodes.fine : exitCodes.problem;
}

/** One after the other; ends at the first that is refused. */
async function forEach(console: ConsoleClient, names: string[], { json }: DataFlags, work: Work): Promise<number> {
  const done: { name: string; state: string }[] = [];
  for (const name of new Set(names)) {
    const state = await work(console, name);
    done.push({ name, state });
    if (!json) sayPlain(`${name}  ${state}`);
  }
  if (json) say(JSON.stringify(done));
  return exitCodes.fine;
}
