import type { SubagentStatus } from '../../contract/activity.ts';
import type { RunUsage } from '../../contract/events.ts';
import type { AgentFault } from './agent-state.ts';

export interface SpawnWish {
  name: string;
  task: string;
  /** Absent: the general assistant. */
  profile?: string | undefined;
  /** `provider:model`; absent: the profile's, else that of whoever calls it in. */
  model?: string | undefined;
  /** Of the tools that whoever calls it in has. Absent: all that the profile has. */
  tools?: readonly string[] | undefined;
  /** Stand in front of its work. */
  instructions?: string | undefined;
}

/** An agent as whoever called it in sees it. */
export interface AgentView {
  agentId: string;
  name: string;
  profile: string;
  status: SubagentStatus;
  /** The message that it works on, or worked on last. */
  task: string;
  activity?: string;
  /** Messages that it has not begun. */
  waiting: number;
  /** To its last message, once it has one. */
  answer?: string;
  /** Why its last message has no answer. */
  error?: AgentFault;
  usage: RunUsage;
}

export interface WaitWish {
  /** Names or ids; empty: all that are at work, or whose answers were not given yet. */
  agents: readonly string[];
  mode: 'any' | 'all';
  /** Absent: until they end. */
  timeoutMs?: number | undefined;
}

export interface WaitEnd {
  reason: 'done' | 'timeout';
  agents: AgentView[];
}

/**
 * Where an agent calls in agents of its own and talks to them. It sees only those that it called in itself, by their
 * names or ids: others are AppError `subagent_not_found`. All reject when the disk refuses.
 */
export interface AgentDesk {
  /**
   * Resolves once its task is on the disk. AppError `subagent_name_taken`, `subagent_limit`, `subagent_concurrency`,
   * `subagent_cost_limit`, `agent_not_found`, `unknown_provider`.
   */
  spawn(wish: SpawnWish): Promise<AgentView>;
  /** Resolves once the message is on the disk: it is begun when what the agent does now is done. */
  send(agent: string, message: string): Promise<AgentView>;
  wait(wish: WaitWish, signal: AbortSignal): Promise<WaitEnd>;
  /** Stops what it does. Its files stay. Idempotent. */
  close(agent: string, reason: string): Promise<AgentView>;
  list(): AgentView[];
}
