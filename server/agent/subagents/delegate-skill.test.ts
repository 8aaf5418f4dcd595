import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createSkillManager } from '../../skills/skill-manager.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { textResult } from '../testing/harness.ts';
import { createSkillTool } from '../tools/skills/skill-tool.ts';
import { defineTool } from '../tools/tool.ts';
import { delegateSkill } from './delegate-skill.ts';
import { type AgentsBench, call, createAgentsBench, ofType, resultsOf, say } from './testing/agents-bench.ts';

let skillsDir: string;
let bench: AgentsBench | undefined;
beforeEach(async () => {
  skillsDir = await mkdtemp(join(tmpdir(), 'agents-skills-'));
  await mkdir(join(skillsDir, 'skills/weigh'), { recursive: true });
  await writeFile(
    join(skillsDir, 'skills/weigh/SKILL.md'),
    '---\nname: weigh\ndescription: Weighs things.\nmode: delegate\nallowed-tools: Scale\n---\nUse the scale twice.',
  );
});
afterEach(async () => {
  await bench?.close();
  await rm(skillsDir, { recursive: true });
});

const scale = defineTool({
  name: 'Scale',
  description: 'Weighs.',
  inputSchema: z.object({}),
  execute: async () => textResult('5 kg'),
});
const other = defineTool({ ...scale, name: 'Other' });

async function play(weigher: Parameters<typeof createAgentsBench>[0][string], maxDepth = 2): Promise<AgentsBench> {
  const skills = createSkillManager({ dataDir: skillsDir, logger: silentLogger });
  bench = await createAgentsBench(
    {
      lead: [call('Skill', { skill: 'weigh', input: 'the heron' }), say('done')],
      'weigh ll_0_0': weigher,
    },
    { tools: [scale, other, createSkillTool({ skills, delegate: delegateSkill })] },
  );
  bench.config.subagents.maxDepth = maxDepth;
  return bench;
}

describe('a skill that is delegated', () => {
  it('is carried out by an agent with its instructions and its tools alone, which is closed afterwards', async () => {
    const { say: tell, heard } = await play([call('Scale'), say('It weighs 5 kg.')]);
    const events = await tell('How heavy?');
    expect(resultsOf(events, 'Skill')).toEqual(['It weighs 5 kg.']);
    const [first = ''] = heard('weigh ll_0_0');
    expect(first).toContain('Use the scale twice.');
    expect(first).toContain('the heron');
    expect(first).toContain('"name":"Scale"');
    expect(first).not.toContain('"name":"Other"');
    const [start, end] = [ofType(events, 'skill_start')[0], ofType(events, 'skill_end')[0]];
    expect(start).toMatchObject({ name: 'weigh', input: 'the heron' });
    expect(end).toMatchObject({ name: 'weigh', result: 'It weighs 5 kg.', isError: false });
    expect(ofType(events, 'subagent_closed')).toHaveLength(1);
    expect(events.findIndex(({ type }) => type === 'subagent_spawned')).toBeGreaterThan(
      events.indexOf(start ?? (events[0] as never)),
    );
  });

  it('fails like any tool when its agent does', async () => {
    const { say: tell } = await play([{ error: { status: 401, message: 'no' } }]);
    const events = await tell('How heavy?');
    expect(resultsOf(events, 'Skill')[0]).toContain('was not carried out');
    expect(ofType(events, 'skill_end')[0]?.isError).toBe(true);
  });

  it('is followed by the agent that asked, where no agents can be called in', async () => {
    const { say: tell } = await play([], 0);
    const events = await tell('How heavy?');
    expect(resultsOf(events, 'Skill')[0]).toContain('Use the scale twice.');
    expect(ofType(events, 'subagent_spawned')).toEqual([]);
  });
});
