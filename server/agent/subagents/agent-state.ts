import { z } from 'zod';
import type { SubagentStatus } from '../../contract/activity.ts';
import type { RunUsage } from '../../contract/events.ts';
import { addTotals, noUsage } from '../run-usage.ts';

/** Who an agent is: written once, as it is called in. */
export const agentRecordSchema = z.object({
  agentId: z.string(),
  name: z.string(),
  profile: z.string(),
  /** As it was asked for; absent: the profile's, or that of whoever called it in. */
  model: z.string().optional(),
  /** Absent: the agent of the session itself called it in. */
  parentAgentId: z.string().optional(),
  /** The only tools that it may have, of those that whoever called it in has. */
  tools: z.array(z.string()).optional(),
  /** Stand in front of its work, for instance those of a skill. */
  instructions: z.string().optional(),
  runId: z.string(),
  createdAt: z.number(),
});
export type AgentRecord = z.infer<typeof agentRecordSchema>;

const usageSchema = z.object({
  inputTokens: z.number(),
  outputTokens: z.number(),
  cacheReadTokens: z.number(),
  cacheWriteTokens: z.number(),
  totalTokens: z.number(),
  cost: z.number(),
});
const faultSchema = z.object({ code: z.string(), message: z.string() });
export type AgentFault = z.infer<typeof faultSchema>;

/** Lines of an agent's mailbox.jsonl; times in milliseconds since 1970. */
export const mailLineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message'), jobId: z.string(), text: z.string(), at: z.number() }),
  z.object({ type: z.literal('started'), jobId: z.string(), at: z.number() }),
  z.object({
    type: z.literal('ended'),
    jobId: z.string(),
    outcome: z.enum(['completed', 'failed', 'interrupted']),
    result: z.string().optional(),
    error: faultSchema.optional(),
    usage: usageSchema,
    at: z.number(),
  }),
  z.object({ type: z.literal('closed'), reason: z.string(), at: z.number() }),
]);
export type MailLine = z.infer<typeof mailLineSchema>;

/** One message of whoever called the agent in: a task, or what follows it. */
export interface Job {
  jobId: string;
  text: string;
}

export interface AgentState {
  status: Exclude<SubagentStatus, 'waiting'>;
  /** Not begun yet, oldest first. */
  queue: readonly Job[];
  /** What it works on. */
  current?: Job;
  /** What it was at when it was stopped. */
  unfinished?: Job;
  /** The text of the last message that was begun or is waiting. */
  task: string;
  /** Of the last task that it ended. */
  answer?: string;
  error?: AgentFault;
  usage: RunUsage;
}

export const freshState: AgentState = { status: 'idle', queue: [], task: '', usage: noUsage() };

/** The state after one more line. A line that does not fit to those before it changes nothing. */
export function applyMail(state: AgentState, line: MailLine): AgentState {
  if (state.status === 'closed') return state;
  switch (line.type) {
    case 'message': {
      const job = { jobId: line.jobId, text: line.text };
      const queue = [...state.queue, job];
      return { ...state, queue, task: state.current ? state.task : (queue[0]?.text ?? line.text) };
    }
    case 'started': {
      const job = state.queue.find(({ jobId }) => jobId === line.jobId);
      if (!job) return state;
      const { answer: _, error: __, ...rest } = state;
      const queue = state.queue.filter((each) => each !== job);
      // The end of the one before could not be written.
      const left = state.current ? { unfinished: state.current } : {};
      return { ...rest, ...left, status: 'running', current: job, queue, task: job.text };
    }
    case 'ended': {
      if (state.current?.jobId !== line.jobId) return state;
      const { current, unfinished, ...rest } = state;
      const usage = sum(state.usage, line.usage);
      const { error } = line;
      if (line.outcome === 'completed') return { ...rest, status: 'idle', answer: line.result ?? '', usage };
      const left = line.outcome === 'interrupted' ? { unfinished: current } : {};
      return { ...rest, ...left, status: line.outcome, ...(error && { error }), usage };
    }
    case 'closed': {
      const { current: _, unfinished: __, ...rest } = state;
      return { ...rest, status: 'closed', queue: [] };
    }
  }
}

/** Neither at work nor about to be. */
export function isSettled(state: AgentState): boolean {
  return state.current === undefined && (state.queue.length === 0 || state.status === 'interrupted');
}

function sum(a: RunUsage, b: RunUsage): RunUsage {
  const total = { ...a };
  addTotals(total, b);
  return total;
}
