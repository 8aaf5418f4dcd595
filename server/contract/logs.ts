import { z } from 'zod';
import { type FieldFilter, logSources } from './log-sources.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** One line of the log, as written to the NDJSON file and shown on the Logs page. */
export interface LogLine {
  /** Counts up, over restarts too: orders all lines, also when the clock was set back. */
  seq: number;
  /** Milliseconds since 1970. */
  time: number;
  level: LogLevel;
  /** Part of the program: http, run, tool, provider, sandbox, lifecycle, console, secrets. */
  component: string;
  msg: string;
  requestId?: string;
  runId?: string;
  sessionId?: string;
  tenantId?: string;
  /** Everything else that the line carries. */
  fields?: Record<string, unknown>;
}

const fieldFiltersSchema = z
  .array(
    z.strictObject({
      path: z.array(z.string().max(128)).min(1).max(9),
      value: z.string().max(1000),
      isNot: z.boolean(),
    }),
  )
  .max(20);

/** A JSON list in an address. */
const fieldsText = z
  .string()
  .max(20_000)
  .transform((text, context): FieldFilter[] => {
    try {
      return fieldFiltersSchema.parse(JSON.parse(text));
    } catch {
      context.addIssue({ code: 'custom', message: 'is not a list of fields with path, value and isNot' });
      return z.NEVER;
    }
  });

const facts = {
  minLevel: z.enum(logLevels).optional(),
  source: z.enum(logSources).optional(),
  component: z.string().max(64).optional(),
  tenantId: z.string().max(256).optional(),
  sessionId: z.string().max(256).optional(),
  runId: z.string().max(256).optional(),
  /** Milliseconds since 1970, both included. */
  fromTime: z.coerce.number().optional(),
  toTime: z.coerce.number().optional(),
  /** A case-insensitive part of the line, or a regular expression between slashes. */
  text: z.string().max(500).optional(),
  /** The same; lines that match are left out. */
  exclude: z.string().max(500).optional(),
};
const seq = z.coerce.number().int().min(0).optional();

/** Which lines to show, from which place on. Without a place: the newest. */
export const logFilterSchema = z
  .object({
    ...facts,
    fields: fieldsText.optional(),
    /** Lines before this one, newest of them first to be found: pages backwards. */
    beforeSeq: seq,
    /** Lines after this one: pages forwards. */
    afterSeq: seq,
    limit: z.coerce.number().int().min(1).max(2000).default(500),
  })
  .refine(({ beforeSeq, afterSeq }) => beforeSeq === undefined || afterSeq === undefined, {
    message: 'Give beforeSeq or afterSeq, not both.',
  });
export type LogFilter = z.infer<typeof logFilterSchema>;

export interface LogPage {
  /** Oldest first. */
  lines: LogLine[];
  /** More lines lie beyond, in the direction of reading. */
  hasMore: boolean;
  /**
   * The search was cut short before it filled the page: it goes on when this is given as `beforeSeq` or `afterSeq`.
   */
  continueAt?: number;
}

/** A place in the log: by time, or by number of the line counted from the oldest, from 0. */
export const logPlaceSchema = z
  .object({ time: z.coerce.number().optional(), line: z.coerce.number().int().min(0).optional() })
  .refine(({ time, line }) => (time === undefined) !== (line === undefined), { message: 'Give time or line.' });
export type LogPlace = z.infer<typeof logPlaceSchema>;

export const logOverviewSchema = z.object({ buckets: z.coerce.number().int().min(1).max(400).default(120) });

/** How many lines of each level, least first. */
export type LevelCounts = [number, number, number, number];

/** The whole log at a glance. */
export interface LogOverview {
  lines: number;
  sizeBytes: number;
  files: number;
  /** Times of the oldest and the newest line; absent in an empty log. */
  fromTime?: number;
  toTime?: number;
  /** Evenly spaced over that time. */
  buckets: LevelCounts[];
}

/** A search that a person kept. The query is that of the page's address. */
export const savedSearchSchema = z.strictObject({
  name: z.string().trim().min(1).max(80),
  query: z.string().max(25_000),
});
export type SavedSearch = z.infer<typeof savedSearchSchema>;
