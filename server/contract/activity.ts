import type { RunUsage } from './events.ts';

/** A skill that an agent uses; between start and end lies what it does. */
export type SkillEvent =
  | { type: 'skill_start'; toolCallId: string; name: string; input?: string }
  | { type: 'skill_end'; toolCallId: string; name: string; result: string; isError: boolean; durationMs: number };

/**
 * `waiting`: works on a task and waits for a person or for agents of its own. `idle`: has an answer and waits for more
 * work. `interrupted`: was stopped in the middle and goes on with its next message. `closed`: for good.
 */
export const subagentStatuses = ['running', 'waiting', 'idle', 'failed', 'interrupted', 'closed'] as const;
export type SubagentStatus = (typeof subagentStatuses)[number];

/**
 * What the agents that an agent called in do. `agentId` is theirs; `jobId` is one task of one of them. In each run
 * `subagent_spawned` comes before anything else of an agent, also when an earlier run called it in. Statuses that
 * follow each other at once are told as one.
 */
export type SubagentEvent =
  | {
      type: 'subagent_spawned';
      agentId: string;
      name: string;
      profile: string;
      /** `provider:model`. */
      model: string;
      parentAgentId?: string;
      task: string;
    }
  | { type: 'subagent_status'; agentId: string; status: SubagentStatus; activity?: string }
  | { type: 'subagent_message'; agentId: string; from: 'parent' | 'subagent'; text: string }
  | { type: 'subagent_job_started'; agentId: string; jobId: string; task: string }
  | {
      type: 'subagent_job_completed';
      agentId: string;
      jobId: string;
      result: string;
      /** `provider:model` that the usage is of. */
      model: string;
      usage: RunUsage;
    }
  | {
      type: 'subagent_job_failed';
      agentId: string;
      jobId: string;
      error: { code: string; message: string };
      model: string;
      usage: RunUsage;
    }
  | { type: 'subagent_closed'; agentId: string; reason: string }
  | { type: 'wait_registered'; waitId: string; agentIds: string[]; mode: 'any' | 'all'; timeoutMs?: number }
  /** `agentIds`: those that had ended. */
  | { type: 'wait_resolved'; waitId: string; agentIds: string[]; reason: 'done' | 'timeout' | 'aborted' };
