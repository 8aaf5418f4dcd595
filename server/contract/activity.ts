import type { RunUsage } from './events.ts';

/** A skill that an agent uses; between start and end lies what it does. */
export type SkillEvent =
  | { type: 'skill_start'; toolCallId: string; name: string; input?: string }
  | { type: 'skill_end'; toolCallId: string; name: string; result: string; isError: boolean; durationMs: number };

/** `idle`: has an answer and waits for more work. `closed`: for good. */
export type SubagentStatus = 'running' | 'waiting' | 'idle' | 'failed' | 'closed';

/** What the agents that an agent called in do. `agentId` is theirs; `jobId` is one task of one of them. */
export type SubagentEvent =
  | { type: 'subagent_spawned'; agentId: string; name: string; profile: string; parentAgentId?: string; task: string }
  | { type: 'subagent_status'; agentId: string; status: SubagentStatus; activity?: string }
  | { type: 'subagent_message'; agentId: string; from: 'parent' | 'subagent'; text: string }
  | { type: 'subagent_job_started'; agentId: string; jobId: string; task: string }
  | { type: 'subagent_job_completed'; agentId: string; jobId: string; result: string; usage: RunUsage }
  | { type: 'subagent_job_failed'; agentId: string; jobId: string; error: { code: string; message: string } }
  | { type: 'subagent_closed'; agentId: string; reason: string }
  | { type: 'wait_registered'; waitId: string; agentIds: string[]; mode: 'any' | 'all'; timeoutMs?: number }
  | { type: 'wait_resolved'; waitId: string; agentIds: string[]; reason: 'done' | 'timeout' | 'aborted' };
