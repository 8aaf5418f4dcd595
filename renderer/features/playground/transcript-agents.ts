import type { SubagentEvent, SubagentStatus } from '../../../server/contract/activity.ts';
import type { RunUsage } from '../../../server/contract/events.ts';
import type { AskingAgent, PendingRequest } from '../../../server/contract/permissions.ts';
import type { Entry } from './transcript.ts';

/** An agent that the run's agent, or one of those, called in. */
export interface AgentEntry {
  kind: 'agent';
  /** Of the agent. */
  id: string;
  name: string;
  profile: string;
  model: string;
  /** Of the agent that called it in, when it is one of these. */
  parentName?: string;
  status: SubagentStatus;
  activity?: string;
  /** What it works on, or worked on last. */
  task: string;
  answer?: string;
  /** Why there is no answer. */
  error?: string;
  tokens: number;
  cost: number;
  /** What it waits for from the person. */
  pending: readonly PendingRequest[];
}

/** The one place where an event changes an agent. Waits are shown as the tool calls that they are. */
export function reduceAgents(entries: readonly Entry[], event: SubagentEvent): readonly Entry[] {
  switch (event.type) {
    case 'subagent_spawned': {
      const { agentId, name, profile, model, parentAgentId, task } = event;
      const parent = entries.find((entry) => entry.kind === 'agent' && entry.id === parentAgentId);
      const parentName = parent?.kind === 'agent' ? { parentName: parent.name } : {};
      return withAgent(entries, agentId, (agent) => ({ ...agent, name, profile, model, task, ...parentName }));
    }
    case 'subagent_status': {
      const { agentId, status } = event;
      return withAgent(entries, agentId, ({ activity: _, ...agent }) => ({
        ...agent,
        status,
        ...(event.activity !== undefined && { activity: event.activity }),
        // One that goes on was answered.
        pending: status === 'waiting' ? agent.pending : [],
      }));
    }
    case 'subagent_job_started': {
      const { agentId, task } = event;
      return withAgent(entries, agentId, ({ answer: _, error: __, ...agent }) => ({
        ...agent,
        task,
        status: 'running',
      }));
    }
    case 'subagent_job_completed':
      return withAgent(entries, event.agentId, (agent) => ({ ...counted(agent, event.usage), answer: event.result }));
    case 'subagent_job_failed':
      return withAgent(entries, event.agentId, (agent) => ({
        ...counted(agent, event.usage),
        error: event.error.message,
        pending: [],
      }));
    case 'subagent_closed':
      return withAgent(entries, event.agentId, (agent) => ({ ...agent, status: 'closed', pending: [] }));
    case 'subagent_message':
    case 'wait_registered':
    case 'wait_resolved':
      return entries;
    default:
      // A newer server may send what this page does not know yet.
      event satisfies never;
      return entries;
  }
}

/** Puts what an agent asks on its card. */
export function withAgentRequest(
  entries: readonly Entry[],
  from: AskingAgent,
  request: PendingRequest,
): readonly Entry[] {
  return withAgent(entries, from.id, (agent) => ({
    ...agent,
    name: agent.name || from.name,
    pending: [...agent.pending.filter(({ toolCallId }) => toolCallId !== request.toolCallId), request],
  }));
}

/** Undefined when no agent asked for this. */
export function withoutAgentRequest(entries: readonly Entry[], toolCallId: string): readonly Entry[] | undefined {
  const owner = entries.find((entry) => entry.kind === 'agent' && toolCallId.startsWith(`${entry.id}.`));
  if (owner === undefined) return undefined;
  return withAgent(entries, owner.id, (agent) => ({
    ...agent,
    pending: agent.pending.filter((request) => request.toolCallId !== toolCallId),
  }));
}

/** The run is over: none of its agents goes on. */
export function endedAgent(agent: AgentEntry): AgentEntry {
  if (agent.status !== 'running' && agent.status !== 'waiting') return agent;
  const { activity: _, ...rest } = agent;
  return { ...rest, status: 'interrupted', pending: [] };
}

function counted(agent: AgentEntry, usage: RunUsage): AgentEntry {
  return { ...agent, tokens: agent.tokens + usage.totalTokens, cost: agent.cost + usage.cost };
}

function withAgent(entries: readonly Entry[], id: string, change: (agent: AgentEntry) => AgentEntry): readonly Entry[] {
  const place = entries.findLastIndex((entry) => entry.kind === 'agent' && entry.id === id);
  const found = entries[place];
  if (found?.kind === 'agent') return entries.with(place, change(found));
  return [...entries, change({ ...emptyAgent, id })];
}

/** Its beginning may have gone by unseen. */
const emptyAgent: AgentEntry = {
  ...{ kind: 'agent', id: '', name: '', profile: '', model: '', status: 'running', task: '' },
  ...{ tokens: 0, cost: 0, pending: [] },
};
