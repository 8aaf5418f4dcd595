import { z } from 'zod';
import type { SessionSummary } from './chat.ts';
import type { RunEvent } from './events.ts';
import type { Message } from './messages.ts';

/** What people and programs see of kept sessions beyond the summary. Sizes in bytes, times in milliseconds since 1970. */

/** How the last run of a session ended, or that one goes on. */
export const sessionStatuses = ['running', 'idle', 'error', 'aborted'] as const;
export type SessionStatus = (typeof sessionStatuses)[number];

/** Where a searched text was found. `ranges` are half-open pairs of UTF-16 offsets into `text`, in order. */
export interface SearchHit {
  field: 'title' | 'message';
  role?: 'user' | 'assistant';
  timestamp?: number;
  /** The place with some text around it. */
  text: string;
  ranges: [start: number, end: number][];
}

/** One row of the session list. */
export interface SessionRow extends SessionSummary {
  /** Of all files of the session; absent while they are being counted for the first time. */
  sizeBytes?: number;
  /** Stop reason of the last turn that was recorded. */
  lastStopReason?: string;
  /** Only for a search: a few places where it was found. */
  hits?: SearchHit[];
}

/** Sessions that are in the index, of those found; both 0 while they are still being looked for. */
export interface IndexProgress {
  done: number;
  total: number;
}

export interface SessionListing {
  sessions: SessionRow[];
  /** Hand back as `cursor` for the next page; absent on the last one. A page may be short, even empty, before that. */
  nextCursor?: string;
  /** A search found what it could while the index is still being made; ask again later for the rest. */
  isIncomplete?: boolean;
  /** The index is being made, latest sessions first: these are those it holds by now. Only when asked for. */
  indexing?: IndexProgress;
}

/** What a tenant's sessions add up to. Cost in US dollars. */
export interface TenantTotals {
  sessions: number;
  turns: number;
  sizeBytes: number;
  totalTokens: number;
  cost: number;
}

/** One tenant with what its sessions add up to. */
export interface TenantSize extends TenantTotals {
  tenantId: string;
}

/** Stands in a history for messages that were summarised and moved to an archive. */
export interface CompactionMarker {
  type: 'compaction_marker';
  compressedCount: number;
  timestamp: number;
  archiveId: string;
  /** What the model sees in place of the archived messages. */
  summary: string;
}

export type HistoryEntry = Message | CompactionMarker;

/** One line of a session's trace. */
export interface TraceEntry {
  runId: string;
  at: number;
  event: RunEvent;
}

export const archiveIdSchema = z.string().regex(/^\d{4,9}$/, 'An archive id is a number of at least four digits.');

/** One file or folder of a workspace. Paths begin with `/workspace`. */
export interface WorkspaceEntry {
  path: string;
  type: 'file' | 'directory' | 'symlink' | 'other';
  sizeBytes: number;
  modifiedAt: number;
}
