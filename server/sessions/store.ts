import type { Readable } from 'node:stream';
import type { SessionPage, SessionSummary } from '../contract/chat.ts';
import type { RunEvent, RunUsage } from '../contract/events.ts';
import type { Owner, SessionKey } from '../contract/ids.ts';
import type { Message } from '../contract/messages.ts';
import type {
  HistoryEntry,
  SessionListing,
  SessionRow,
  TenantSize,
  TenantTotals,
  TraceEntry,
} from '../contract/sessions.ts';
import type { SessionShelf } from '../data/session-shelf.ts';

export interface SessionInit {
  agentId: string;
  title: string;
}

/** What one finished turn adds to the session's totals. */
export interface TurnRecord {
  runId: string;
  turn: number;
  model: string;
  usage: RunUsage;
  stopReason: string;
}

/** A session that is open, and may still be on its way to the disk. */
export interface BegunSession {
  /** It was not there before: nothing is kept of it yet. */
  isNew: boolean;
  /** Resolves when it is stored. */
  stored: Promise<void>;
}

export interface SessionQuery extends Partial<Owner> {
  cursor?: string;
  /** 1 to 200. */
  limit: number;
  agentId?: string;
  /** How the last recorded turn ended. */
  lastStopReason?: string;
  /** Words that all stand in the title or in one message, in any case and order. Never a query language. */
  text?: string;
  /** For people: while the index is being made, it answers with what it holds by now and says how far it is. */
  isPartialWelcome?: true;
}

/**
 * Keeps sessions. One writer per session: calls for one session are carried out in the order they were made.
 * What was acknowledged (the promise resolved) survives SIGKILL of the process.
 * Every method throws AppError `storage_unavailable` (503) when the disk refuses, `session_not_found` (404) where named.
 */
export interface SessionStore {
  /** Where it keeps them, as people are told; absent: in files. */
  readonly kind?: 'postgres';
  /** Opens the session of this owner, or makes it. A session of another owner: `session_not_found`. */
  getOrCreate(key: SessionKey, init: SessionInit): Promise<SessionSummary>;
  /**
   * As `getOrCreate`, without waiting for a new session to be stored; calls for it that follow wait for that, and fail
   * when it fails. Absent: nothing can be told before.
   */
  begin?(key: SessionKey, init: SessionInit): Promise<BegunSession>;
  /** `session_not_found` when there is none for this owner. */
  get(key: SessionKey): Promise<SessionSummary>;
  /** Newest first. */
  list(query: SessionQuery): Promise<SessionPage>;
  /** The whole history, oldest first. Torn or alien lines are skipped and counted. */
  loadMessages(key: SessionKey): Promise<{ messages: Message[]; skippedLines: number }>;
  /** Appends in order; resolves after the lines reached the file. */
  appendMessages(key: SessionKey, messages: Message[]): Promise<void>;
  recordTurn(key: SessionKey, turn: TurnRecord): Promise<void>;
  update(key: SessionKey, change: { title?: string }): Promise<SessionSummary>;
  delete(key: SessionKey): Promise<void>;
  /** Everything but deltas, for people who look into what happened. Not waited for. */
  trace(key: SessionKey, runId: string, event: RunEvent): void;
  /** Really writes and reads back; throws when that fails. */
  ping(): Promise<void>;
  /** Flushes and closes; calls after it are refused. */
  close(): Promise<void>;
}

/** The latest messages that fit a budget. */
export interface BudgetedHistory {
  messages: Message[];
  /** By the store's estimate. */
  tokens: number;
  /** Older messages were left out. */
  isCut: boolean;
  skippedLines: number;
}

export interface History {
  /** Oldest first. */
  entries: HistoryEntry[];
  skippedLines: number;
}

export interface CompactionRequest {
  /** How many of the oldest messages of the history, as `loadMessages` gives them, are moved to the archive. */
  messageCount: number;
  /** What the model sees in their place. */
  summary: string;
}

export interface CompactionResult {
  archiveId: string;
  compressedCount: number;
}

/** The session's own notes, as Markdown. */
export const memoryDocumentNames = ['NOTES.md', 'TODO.md'] as const;
export type MemoryDocumentName = (typeof memoryDocumentNames)[number];

export interface ByteRange {
  /** Default 0. */
  offset?: number;
  /** Most bytes given back; default and most 1 MiB. */
  limit?: number;
}

/** A piece of a text, cut between characters. `nextOffset` is absent at its end. */
export interface TextPiece {
  text: string;
  totalBytes: number;
  nextOffset?: number;
}

export interface TracePage {
  /** Oldest first. */
  events: TraceEntry[];
  /** Hand back as `after`, also to learn later what was written since. */
  nextAfter: number;
  hasMore: boolean;
  skippedLines: number;
}

export type ExportFormat = 'jsonl' | 'markdown';

/** Everything that Agentrail keeps of a session. `session_not_found` holds for every method that takes a key. */
export interface AgentrailSessionStore extends SessionStore {
  get(key: SessionKey): Promise<SessionRow>;
  list(query: SessionQuery): Promise<SessionListing>;
  totals(tenantId: string): Promise<TenantTotals>;
  /** Every tenant that has sessions, largest first; read from what is kept of sizes, never from the files. */
  allTotals?(): Promise<TenantSize[]>;
  /** Lets something else put files among the session's own, when nobody is at them; it tells how many bytes more. */
  addFiles?(key: SessionKey, write: () => Promise<number>): Promise<void>;
  /**
   * Only of stores that keep files: calls `work` while nobody is at the session's files and none is open, so that they may
   * be replaced. Whose session it is does not matter. Keep runs out of it first.
   */
  whileClosed?(key: SessionKey, work: () => Promise<void>): Promise<void>;
  /** Only of stores that keep files: those of this tenant changed behind the store's back and are looked at again. */
  refresh?(tenantId: string): Promise<void>;
  /** Leaves nothing of deleted sessions, their words above all, in what is kept for finding them. */
  scrub?(tenantId: string): Promise<void>;
  /** The sessions as folders of files. Absent: they can be put into no archive and moved to no other store. */
  readonly shelf?: SessionShelf;
  /**
   * The latest messages whose estimated tokens fit the budget. Never begins with a tool result without its call and
   * never splits a call from its results. At least the last group is given, even when it alone is over the budget. What
   * is left out lies between the summary of a compaction, when there is one, and the user message that the oldest
   * reply given belongs to: those two are always there.
   */
  loadMessagesWithBudget(key: SessionKey, tokenBudget: number): Promise<BudgetedHistory>;
  /** The history with a marker where messages were archived. */
  loadHistory(key: SessionKey): Promise<History>;
  /** The whole history with every archive put back in its place. */
  loadAllMessages(key: SessionKey): Promise<{ messages: Message[]; skippedLines: number }>;
  /**
   * Moves the oldest messages to an archive and puts a summary in their place. A kill at any instant leaves either the
   * old history or the new one. `invalid_compaction` (400) when the count would split a call from its result or leave
   * nothing to move.
   */
  compact(key: SessionKey, request: CompactionRequest): Promise<CompactionResult>;
  /** `archive_not_found` (404). */
  loadArchive(key: SessionKey, archiveId: string): Promise<History>;
  /**
   * A new session of the same owner with the first `messageCount` messages of the history; all when absent. Its id must
   * be free: `session_exists` (409). A count that would split a call from its result: `invalid_fork` (400).
   */
  fork(key: SessionKey, to: { sessionId: string; title?: string; messageCount?: number }): Promise<SessionRow>;
  /** Empty when it was never written. */
  readMemory(key: SessionKey, name: MemoryDocumentName): Promise<string>;
  writeMemory(key: SessionKey, name: MemoryDocumentName, content: string): Promise<void>;
  /** Keeps a tool result that is too large for the history; the same id again replaces it. */
  writeArtifact(key: SessionKey, toolCallId: string, content: string): Promise<{ sizeBytes: number }>;
  /** `artifact_not_found` (404). */
  readArtifact(key: SessionKey, toolCallId: string, range?: ByteRange): Promise<TextPiece>;
  /** Trace lines behind byte `after` of the trace (0 is the beginning), at most `limit`. */
  readTrace(key: SessionKey, page: { after?: number; limit: number }): Promise<TracePage>;
  /** The whole session as a stream of text. The stream fails when the disk does. */
  export(key: SessionKey, format: ExportFormat): Promise<Readable>;
}
