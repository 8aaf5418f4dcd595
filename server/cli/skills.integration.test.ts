import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openProgram } from './program.test-support.ts';

async function keepSkill(dataDir: string, name: string): Promise<void> {
  const folder = path.join(dataDir, 'skills', name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(path.join(folder, 'SKILL.md'), `---\nname: ${name}\ndescription: Does ${name}.\n---\nDo it.\n`);
}

describe('skills, knowledge bases and damage from the command line', () => {
  it('are switched and removed through the running server', async () => {
    const program = await openProgram();
    await mkdir(program.dataDir, { mode: 0o700 });
    for (const name of ['counting', 'reading']) await keepSkill(program.dataDir, name);
    await program.serve();
    const say = async (...args: string[]) => {
      const said = await program.agentrail(args);
      return [said.code, said.out, said.err] as const;
    };

    expect((await say('skills', 'disable', 'counting')).slice(0, 2)).toEqual([0, 'counting  disabled\n']);
    const [, listed] = await say('skills', 'ls', '--json');
    const { skills } = JSON.parse(listed) as { skills: { name: string; enabled: boolean }[] };
    expect(skills.map(({ name, enabled }) => [name, enabled])).toEqual([
      ['counting', false],
      ['reading', true],
    ]);
    expect((await say('skills', 'enable', 'counting'))[1]).toBe('counting  enabled\n');
    expect((await say('skills', 'rm', 'counting', 'counting')).slice(0, 2)).toEqual([0, 'counting  removed\n']);
    expect(await readdir(path.join(program.dataDir, 'skills'))).not.toContain('counting');
    const [code, , problem] = await say('skills', 'rm', 'counting');
    expect([code, problem]).toEqual([1, expect.stringContaining('counting')]);

    expect((await say('knowledge', 'ls')).slice(0, 2)).toEqual([0, 'There are no knowledge bases.\n']);
    expect((await say('knowledge', 'rm', 'kb_none'))[0]).toBe(1);
  });

  it('are not reached without a server, and damage is found and taken away without one', async () => {
    const program = await openProgram();
    const folder = path.join(program.dataDir, 'tenants/default/sessions/ses_1');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const init = {
      ...{ type: 'init', sessionId: 'ses_1', tenantId: 'default', userId: 'default', agentId: 'default' },
      ...{ title: 'One', createdAt: 1 },
    };
    await writeFile(path.join(folder, 'session.jsonl'), `${JSON.stringify(init)}\n`);
    await writeFile(path.join(folder, 'messages.jsonl'), 'no JSON at all\n');

    expect((await program.agentrail(['skills', 'ls'])).code).toBe(3);
    const looked = await program.agentrail(['data', 'quarantine']);
    expect([looked.code, looked.out]).toEqual([1, expect.stringMatching(/^alien_line {2}.*messages\.jsonl:1\n/)]);
    const taken = await program.agentrail(['data', 'quarantine', '--yes']);
    expect([taken.code, taken.out]).toEqual([0, expect.stringContaining('1 taken out of the way')]);
    const again = await program.agentrail(['data', 'quarantine']);
    expect([again.code, again.out]).toEqual([0, 'Nothing is damaged.\n']);
  });
});
