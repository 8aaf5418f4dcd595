import type { ToolOutput } from '../../../contract/events.ts';
import { AppError } from '../../../lib/app-error.ts';
import type { AgentDesk, AgentView } from '../../subagents/agent-desk.ts';
import type { ToolContext } from '../tool.ts';

/** Throws AppError `subagents_off` where no agents can be called in. */
export function deskOf({ agents }: ToolContext): AgentDesk {
  if (agents) return agents;
  throw new AppError('subagents_off', 'No agents can be called in here. Do the work yourself.', { status: 409 });
}

export function output(text: string, agents: readonly AgentView[]): ToolOutput {
  return { content: [{ type: 'text', text }], details: { agents: agents.map(forPeople) } };
}

/** Answers stand in the text already. */
function forPeople({ agentId, name, status }: AgentView) {
  return { agentId, name, status };
}

/** One agent with its answer, or why there is none. */
export function answerText(agent: AgentView): string {
  const { name, status, answer, error, task } = agent;
  const open = `<agent name="${name.replace(/["<>]/g, '')}" status="${status}">`;
  if (answer !== undefined && status === 'idle') return `${open}\n${answer}\n</agent>`;
  return `${open}\n${error ? `No answer: ${error.message}` : stateText(agent)}${taskText(task)}\n</agent>`;
}

function stateText({ status, activity, waiting }: AgentView): string {
  const doing = activity === undefined ? '' : ` (${activity})`;
  const queue = waiting > 0 ? `, ${waiting} messages wait` : '';
  const words = {
    running: `It is at work${doing}${queue}.`,
    waiting: `It waits for a person or for agents of its own${doing}${queue}.`,
    idle: 'It has nothing to do.',
    failed: 'It failed.',
    interrupted: `It was stopped before it answered${queue}. A message makes it go on.`,
    closed: 'It is closed.',
  };
  return words[status];
}

function taskText(task: string): string {
  const line = task.trim().replace(/\s+/g, ' ');
  if (line === '') return '';
  return `\nIts task: ${line.length > 200 ? `${line.slice(0, 199).toWellFormed()}…` : line}`;
}
