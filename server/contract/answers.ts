import { z } from 'zod';
import type { ChatAnswer } from './chat.ts';
import type { RunUsage } from './events.ts';
import { messageSchema } from './messages.ts';
import type { Readiness } from './server-state.ts';

/** What the agent API answers, for its document. The types they stand for are kept elsewhere in this folder. */

export const runUsageSchema: z.ZodType<RunUsage> = z.object({
  inputTokens: z.number(),
  outputTokens: z.number(),
  cacheReadTokens: z.number(),
  cacheWriteTokens: z.number(),
  totalTokens: z.number(),
  cost: z.number().describe('US dollars'),
});

export const chatAnswerSchema: z.ZodType<ChatAnswer> = z.object({
  sessionId: z.string(),
  runId: z.string(),
  text: z.string().describe('The last text of the run.'),
  usage: runUsageSchema,
  stopReason: z.enum(['stop', 'length', 'max_turns', 'aborted', 'error']),
});

export const healthSchema = z.object({ status: z.literal('ok'), uptime: z.number().describe('seconds') });

export const readinessSchema: z.ZodType<Readiness> = z.object({
  status: z.enum(['ready', 'not_ready']),
  checks: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['ok', 'warn', 'fail']),
      durationMs: z.number(),
      error: z.string().exactOptional(),
      kind: z.string().exactOptional(),
    }),
  ),
});

export const agentListSchema = z.object({
  agents: z.array(z.object({ id: z.string(), name: z.string(), model: z.string().describe('provider:model') })),
});

export const sessionSummarySchema = z.looseObject({
  sessionId: z.string(),
  tenantId: z.string(),
  userId: z.string(),
  agentId: z.string(),
  title: z.string(),
  turns: z.number(),
  usage: runUsageSchema,
  createdAt: z.number().describe('milliseconds since 1970'),
  lastActiveAt: z.number().describe('milliseconds since 1970'),
});

export const sessionPageSchema = z.looseObject({
  sessions: z.array(sessionSummarySchema),
  nextCursor: z.string().exactOptional().describe('Hand back as `cursor` for the next page; absent on the last one.'),
});

export const messageListSchema = z.object({
  messages: z.array(messageSchema).describe('Oldest first.'),
  skippedLines: z.number().describe('Lines of the file that could not be read.'),
});

export const abortedRunSchema = z.object({ runId: z.string(), sessionId: z.string(), aborted: z.literal(true) });
