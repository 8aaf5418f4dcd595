import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSkillManager, type SkillManager } from '../../../skills/skill-manager.ts';
import { silentLogger } from '../../../telemetry/logger.ts';
import { createToolBench } from '../tool-bench.ts';
import { createSkillTool, type Delegate, skillContext } from './skill-tool.ts';

let dataDir: string;
let skills: SkillManager;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'agentrail-skill-tool-'));
  skills = createSkillManager({ dataDir, logger: silentLogger });
  for (const [name, mode] of [
    ['forms', 'inline'],
    ['research', 'delegate'],
  ] as const) {
    await mkdir(path.join(dataDir, 'skills', name), { recursive: true });
    await writeFile(
      path.join(dataDir, 'skills', name, 'SKILL.md'),
      `---\nname: ${name}\ndescription: Does ${name}.\nmode: ${mode}\n---\nDo it well.`,
    );
  }
});
afterEach(() => rm(dataDir, { recursive: true }));

function bench(delegate?: Delegate) {
  const noSandbox = () => Promise.reject(new Error('none'));
  return createToolBench([createSkillTool({ skills, ...(delegate && { delegate }) })], noSandbox);
}

describe('the Skill tool', () => {
  it('hands over the instructions, and tells when it begins and ends', async () => {
    const { call, told } = bench();
    const { text } = await call('Skill', { skill: 'forms', input: 'form.pdf' });
    expect(text).toBe('Instructions of the skill “forms”:\n\nDo it well.\n\nApply it to:\nform.pdf');
    expect(told).toMatchObject([
      { type: 'skill_start', name: 'forms', input: 'form.pdf' },
      { type: 'skill_end', name: 'forms', isError: false },
    ]);
  });

  it('lets another agent carry out a skill that works by itself, and logs its answer', async () => {
    const { call, told } = bench(async (skill, input) => `${skill.info.name} found ${input}`);
    expect((await call('Skill', { skill: 'research', input: 'gold' })).text).toBe('research found gold');
    expect(told[1]).toMatchObject({ type: 'skill_end', result: 'research found gold' });
  });

  it.each([
    ['switched off', 'forms', 'skill_disabled'],
    ['not there', 'nothing', 'skill_not_found'],
  ])('says that a skill is %s', async (_, skill, code) => {
    await skills.setEnabled('forms', false);
    const { call, told } = bench();
    await expect(call('Skill', { skill })).rejects.toMatchObject({ code });
    expect(told[1]).toMatchObject({ type: 'skill_end', isError: true });
  });
});

describe('what agents are told', () => {
  it('names the skills that are on', async () => {
    await skills.setEnabled('research', false);
    const scope = {
      tenantId: 't',
      userId: 'u',
      sessionId: 's',
      runId: 'r',
      agentId: 'a',
      message: '',
      signal: new AbortController().signal,
    };
    expect(await skillContext(skills).provide(scope)).toBe(
      'Skills that you can use with the Skill tool, when one fits the task:\n- forms: Does forms.',
    );
    await skills.setEnabled('forms', false);
    expect(await skillContext(skills).provide(scope)).toBeUndefined();
  });
});
