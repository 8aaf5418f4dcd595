import { z } from 'zod';
import { attachmentSchema } from './attachments.ts';
import type { RunUsage, StopReason } from './events.ts';
import { idSchema } from './ids.ts';
import type { PendingRequest } from './permissions.ts';

/** Body of `POST /api/chat` and `POST /api/stream`. */
export const chatRequestSchema = z.strictObject({
  message: z.string().min(1, 'Write a message.'),
  tenantId: idSchema.default('default'),
  userId: idSchema.default('default'),
  agentId: idSchema.optional(),
  sessionId: idSchema.optional(),
  /** `provider:model`, for this run only. */
  model: z.string().min(1).max(256).optional(),
  attachments: z.array(attachmentSchema).optional(),
});
export type ChatRequest = z.infer<typeof chatRequestSchema>;

/** Answer of `POST /api/chat`. */
export interface ChatAnswer {
  sessionId: string;
  runId: string;
  text: string;
  usage: RunUsage;
  stopReason: StopReason;
}

/** A run that is going on, or ended lately. Times in milliseconds since 1970. */
export interface RunInfo {
  runId: string;
  sessionId: string;
  tenantId: string;
  userId: string;
  agentId: string;
  model: string;
  /** First line of the message that started it. */
  title: string;
  status: 'running' | 'done' | 'aborted' | 'error';
  turn: number;
  /** What it does right now, for instance the name of the running tool. */
  activity: string;
  startedAt: number;
  endedAt?: number;
  usage: RunUsage;
  /** What it waits for from people; absent when it waits for nothing. */
  pending?: PendingRequest[];
  /** Host of the instance that it goes on at, when that is another one. */
  instance?: string;
}

/** One row of the session list. */
export interface SessionSummary {
  sessionId: string;
  tenantId: string;
  userId: string;
  agentId: string;
  title: string;
  turns: number;
  usage: RunUsage;
  createdAt: number;
  lastActiveAt: number;
}

export interface SessionPage {
  sessions: SessionSummary[];
  /** Hand back as `cursor` for the next page; absent on the last one. */
  nextCursor?: string;
}
