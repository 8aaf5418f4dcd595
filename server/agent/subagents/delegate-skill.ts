import { AppError } from '../../lib/app-error.ts';
import type { Skill } from '../../skills/skill-manager.ts';
import type { Delegate } from '../tools/skills/skill-tool.ts';

/** Where sandboxes show the files of a skill. */
const folderOf = (name: string) => `/skills/${name}`;

/** Carries out a skill by a sub-agent that has the skill's tools and model, and is closed when it has answered. */
export const delegateSkill: Delegate = async (skill, input, { agents, signal, logger, toolCallId }) => {
  if (!agents) return undefined;
  const { name, tools, model } = skill.info;
  const agent = await agents.spawn({
    name: `${name.slice(0, 40)} ${toolCallId.slice(-6)}`,
    task: input.trim() || 'Carry out the skill.',
    instructions: instructionsOf(skill),
    ...(tools && { tools }),
    ...(model !== undefined && { model }),
  });
  logger.info(`The skill ${name} was handed to the sub-agent ${agent.agentId}`, { toolCallId, skill: name });
  const { agents: ended } = await agents.wait({ agents: [agent.agentId], mode: 'all' }, signal);
  const end = ended[0] ?? agent;
  await agents.close(agent.agentId, 'The skill was carried out.');
  const { totalTokens: tokens, cost } = end.usage;
  logger.info(`The skill ${name} ended: ${end.status}`, {
    toolCallId,
    skill: name,
    agentId: end.agentId,
    tokens,
    cost,
  });
  if (end.answer !== undefined) return end.answer;
  const { code, message } = end.error ?? { code: 'skill_failed', message: 'It gave no answer.' };
  throw new AppError(code, `The skill “${name}” was not carried out. ${message}`);
};

function instructionsOf({ info: { name, description }, instructions }: Skill): string {
  return `You carry out the skill "${name}": ${description}\nIts files lie below ${folderOf(name)}.\n\n${instructions}`;
}
