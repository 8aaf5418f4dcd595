import { z } from 'zod';

/** What is remembered of a user between conversations. Sizes in bytes, times in milliseconds since 1970. */

/** One pass over everything that a user said. `total` is known from the beginning. */
export const memoryRebuildSchema = z.object({
  status: z.enum(['running', 'done', 'aborted', 'failed']),
  done: z.number().describe('Sessions that were read.'),
  total: z.number().describe('Sessions that are to be read.'),
  startedAt: z.number(),
  endedAt: z.number().exactOptional(),
  error: z.object({ code: z.string(), message: z.string() }).exactOptional(),
});
export type MemoryRebuild = z.infer<typeof memoryRebuildSchema>;

export const userMemorySchema = z.object({
  tenantId: z.string(),
  userId: z.string(),
  text: z.string().describe('USER.md: Markdown, one fact or wish a line. Empty: nothing is remembered.'),
  revision: z.string().describe('Changes with the text; hand it back with a change.'),
  enabled: z.boolean().describe('False: nothing is remembered of this user, and no agent is told what was.'),
  isOffered: z.boolean().describe('False: the settings switch the memory off for everybody.'),
  sizeBytes: z.number(),
  maxBytes: z.number(),
  updatedAt: z.number().exactOptional(),
  rebuild: memoryRebuildSchema.exactOptional().describe('The last one since the start.'),
});
export type UserMemory = z.infer<typeof userMemorySchema>;

export const userMemoryChangeSchema = z
  .strictObject({
    text: z.string().max(262_144).exactOptional().describe('Takes the place of all that is remembered.'),
    enabled: z.boolean().exactOptional(),
    revision: z.string().max(64).exactOptional().describe('Of the text that was edited; another one is refused.'),
  })
  .refine(({ text, enabled }) => text !== undefined || enabled !== undefined, {
    message: 'Send text, enabled, or both.',
  });
export type UserMemoryChange = z.infer<typeof userMemoryChangeSchema>;
