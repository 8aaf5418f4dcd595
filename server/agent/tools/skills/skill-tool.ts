import { z } from 'zod';
import { skillNameSchema } from '../../../contract/skills.ts';
import { AppError, messageOf } from '../../../lib/app-error.ts';
import type { Skill, SkillManager } from '../../../skills/skill-manager.ts';
import type { ContextProvider } from '../../context-providers.ts';
import { defineTool, type Tool, type ToolContext } from '../tool.ts';

/** Carries out a skill by an agent of its own. Resolves with its answer; undefined where no agent can be called in. */
export type Delegate = (skill: Skill, input: string, context: ToolContext) => Promise<string | undefined>;

export interface SkillToolOptions {
  skills: Pick<SkillManager, 'get' | 'enabled'>;
  /** Absent: every skill is carried out by the agent that asked. */
  delegate?: Delegate;
}

/** Where sandboxes show the files of skills, read-only. */
export const skillsFolder = '/skills';

const inputSchema = z.object({
  skill: skillNameSchema.describe('Name of the skill.'),
  input: z.string().trim().max(20_000).default('').describe('What it is to be applied to.'),
});

/** The tool by which an agent uses a skill: it gets the instructions, or the answer of whom they were handed to. */
export function createSkillTool({ skills, delegate }: SkillToolOptions): Tool<z.infer<typeof inputSchema>> {
  return defineTool({
    name: 'Skill',
    description:
      'Uses one of the skills that you were told of. You get its instructions and follow them, or, when it works by ' +
      `itself, its answer. Its files lie below ${skillsFolder}/<name> in the sandbox.`,
    inputSchema,
    reach: 'inform',
    async execute({ skill: name, input }, context) {
      const startedAt = performance.now();
      context.tell({ type: 'skill_start', toolCallId: context.toolCallId, name, ...(input && { input }) });
      const end = (result: string, isError: boolean) =>
        context.tell({
          ...{ type: 'skill_end', toolCallId: context.toolCallId, name, result, isError },
          durationMs: Math.round(performance.now() - startedAt),
        });
      try {
        const skill = await skills.get(name);
        if (!skill.info.enabled) {
          throw new AppError('skill_disabled', `The skill “${name}” is switched off.`, { status: 409 });
        }
        const answer = skill.info.mode === 'delegate' ? await delegate?.(skill, input, context) : undefined;
        const isDelegated = answer !== undefined;
        const text = answer ?? instructionsOf(skill, input);
        end(isDelegated ? text : 'The instructions were handed over.', false);
        return { content: [{ type: 'text', text }], details: { skill: name, isDelegated } };
      } catch (error) {
        end(messageOf(error), true);
        throw error;
      }
    },
  });
}

/** Tells agents which skills there are. */
export function skillContext(skills: Pick<SkillManager, 'enabled'>): ContextProvider {
  return {
    name: 'skills',
    maxChars: 8000,
    async provide() {
      const enabled = await skills.enabled();
      if (enabled.length === 0) return undefined;
      const lines = enabled.map(({ info }) => `- ${info.name}: ${info.description.replace(/\s+/g, ' ').slice(0, 400)}`);
      return ['Skills that you can use with the Skill tool, when one fits the task:', ...lines].join('\n');
    },
  };
}

function instructionsOf({ info, instructions }: Skill, input: string): string {
  const files = info.files > 1 ? `\n\nThe files of this skill lie in ${skillsFolder}/${info.name}.` : '';
  const task = input ? `\n\nApply it to:\n${input}` : '';
  return `Instructions of the skill “${info.name}”:\n\n${instructions}${files}${task}`;
}
