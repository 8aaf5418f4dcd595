import { z } from 'zod';
import type { ErasureReport, ImportReport, KeptSizes, RetentionPlan, RetentionReport } from './keeping.ts';

/** What the agent API answers about kept data, for its document. The types they stand for are in keeping.ts. */

const bytes = z.number().describe('bytes');

export const retentionPlanSchema: z.ZodType<RetentionPlan> = z.object({
  sessions: z.array(
    z.object({
      tenantId: z.string(),
      userId: z.string(),
      sessionId: z.string(),
      title: z.string(),
      lastActiveAt: z.number().describe('milliseconds since 1970'),
      sizeBytes: bytes,
      reason: z.enum(['age', 'size']),
    }),
  ),
  freedBytes: bytes,
  keptWithRun: z.number().describe('Would go, but have a run.'),
  logFiles: z.array(z.object({ name: z.string(), sizeBytes: bytes })),
});

export const retentionReportSchema: z.ZodType<RetentionReport> = z.object({
  deleted: z.number(),
  freedBytes: bytes,
  kept: z.number().describe('Had a run or became active since they were looked at.'),
  failed: z.number(),
  logFiles: z.number(),
});

export const erasureReportSchema: z.ZodType<ErasureReport> = z.object({
  tenantId: z.string(),
  userId: z.string().exactOptional(),
  deleted: z.number().describe('sessions'),
  freedBytes: bytes,
});

export const importReportSchema: z.ZodType<ImportReport> = z.object({
  tenantId: z.string(),
  files: z.number(),
  totalBytes: bytes,
  added: z.number().describe('sessions, users and knowledge bases'),
  replaced: z.number(),
  skipped: z.number(),
});

export const keptSizesSchema: z.ZodType<KeptSizes> = z.object({
  tenants: z.array(
    z.object({
      tenantId: z.string(),
      sessions: z.number(),
      turns: z.number(),
      sizeBytes: bytes,
      totalTokens: z.number(),
      cost: z.number().describe('US dollars'),
    }),
  ),
  sessions: z.number(),
  sizeBytes: bytes,
});
