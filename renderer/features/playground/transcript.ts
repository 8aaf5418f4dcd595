import type { MessageStep, NumberedEvent, RunEvent, RunUsage, StopReason } from '../../../server/contract/events.ts';
import type { AssistantMessage, ImageBlock, TextBlock } from '../../../server/contract/messages.ts';
import type { PendingRequest } from '../../../server/contract/permissions.ts';
import type { AttachedFile } from './attached.ts';
import {
  type AgentEntry,
  endedAgent,
  reduceAgents,
  withAgentRequest,
  withoutAgentRequest,
} from './transcript-agents.ts';
import { entriesOf, partsOf } from './transcript-history.ts';

export interface TextPart {
  kind: 'text';
  /** Place among the blocks of its message. */
  index: number;
  text: string;
}

export interface ThinkingPart {
  kind: 'thinking';
  index: number;
  text: string;
  isOpen: boolean;
}

/** writing: the model still writes the arguments. stopped: the run ended before the tool did. */
export type ToolState = 'writing' | 'waiting' | 'running' | 'done' | 'error' | 'stopped';

export interface ToolPart {
  kind: 'tool';
  index: number;
  toolCallId: string;
  name: string;
  /** As far as the model has written them; JSON once they are whole. */
  argsText: string;
  args?: Record<string, unknown>;
  state: ToolState;
  output: (TextBlock | ImageBlock)[];
  details?: unknown;
  startedAt?: number;
  durationMs?: number;
  /** What it waits for from the person. */
  pending?: PendingRequest;
}

export type Part = TextPart | ThinkingPart | ToolPart;

export interface UserEntry {
  kind: 'user';
  id: string;
  text: string;
  files?: readonly AttachedFile[];
}

export interface AssistantEntry {
  kind: 'assistant';
  id: string;
  parts: Part[];
  isOpen: boolean;
  errorMessage?: string;
}

export interface NoticeEntry {
  kind: 'notice';
  id: string;
  notice:
    | { type: 'retry'; attempt: number; reason: string; waitMs: number }
    | { type: 'fallback'; from: string; to: string; reason: string }
    | { type: 'compaction'; tokensBefore: number; tokensAfter: number }
    | { type: 'max_turns'; turns: number }
    | { type: 'error'; code: string; message: string };
}

export type Entry = UserEntry | AssistantEntry | NoticeEntry | AgentEntry;

/** One session as it is shown. The entries from `runStart` on belong to the current or last run. */
export interface Transcript {
  entries: readonly Entry[];
  runStart: number;
  runId?: string;
  model?: string;
  /** Of the last event that was applied. */
  lastSequence: number;
  usage?: RunUsage;
  stopReason?: StopReason;
}

/** The tool that asks the person. */
export const questionToolName = 'AskUserQuestion';

export const emptyTranscript: Transcript = { entries: [], runStart: 0, lastSequence: 0 };

/** What was said before a run, and what the person just said. */
export function beginRun(
  transcript: Transcript,
  message: string,
  id: string,
  files: readonly AttachedFile[] = [],
): Transcript {
  const said: UserEntry = { kind: 'user', id, text: message, ...(files.length > 0 && { files }) };
  const entries: Entry[] = [...transcript.entries, said];
  return { entries, runStart: entries.length, lastSequence: 0 };
}

/** The one place where an event changes the transcript. An event that was applied before changes nothing. */
export function reduceRun(transcript: Transcript, { sequence, event }: NumberedEvent, at: number): Transcript {
  if (sequence <= transcript.lastSequence) return transcript;
  return { ...applyEvent(transcript, event, at), lastSequence: sequence };
}

function applyEvent(transcript: Transcript, event: RunEvent, at: number): Transcript {
  switch (event.type) {
    case 'session.start':
      return { ...transcript, runId: event.runId, model: event.model };
    case 'message.start':
      return withMessage(transcript, event.messageId, (entry) => entry);
    case 'message.update':
      return withMessage(transcript, event.messageId, (entry) => ({ ...entry, parts: step(entry.parts, event.event) }));
    case 'message.end':
      return withMessage(transcript, event.messageId, (entry) => finish(entry, event.message));
    case 'tool.before':
      return withTool(transcript, event.toolCallId, event.toolName, (tool) => ({
        ...tool,
        args: event.args,
        state: 'running',
        startedAt: at,
      }));
    case 'tool.update':
      return withTool(transcript, event.toolCallId, event.toolName, (tool) => ({
        ...tool,
        state: 'running',
        output: event.partialResult.content,
      }));
    case 'tool.after':
      return withTool(transcript, event.toolCallId, event.toolName, (tool) => ({
        ...answered(tool),
        state: event.isError ? 'error' : 'done',
        output: event.result.content,
        details: event.result.details,
        durationMs: event.durationMs,
      }));
    case 'permission_request': {
      const { type: _, ...request } = event;
      return withPending(transcript, event.toolName, { kind: 'permission', ...request });
    }
    case 'permission_resolved': {
      const entries = withoutAgentRequest(transcript.entries, event.toolCallId);
      if (entries) return { ...transcript, entries };
      return withTool(transcript, event.toolCallId, event.toolName, (tool) => ({ ...answered(tool), startedAt: at }));
    }
    case 'waiting_for_user_input': {
      const { type: _, ...question } = event;
      return withPending(transcript, questionToolName, { kind: 'question', ...question });
    }
    case 'provider_retry': {
      const { attempt, reason, waitMs } = event;
      return withNotice(transcript, { type: 'retry', attempt, reason, waitMs });
    }
    case 'model_fallback': {
      const { from, to, reason } = event;
      return { ...withNotice(transcript, { type: 'fallback', from, to, reason }), model: to };
    }
    case 'context_compaction_end': {
      const { tokensBefore, tokensAfter } = event;
      return withNotice(transcript, { type: 'compaction', tokensBefore, tokensAfter });
    }
    case 'max_turns_reached':
      return withNotice(transcript, { type: 'max_turns', turns: event.turnCount });
    case 'snapshot': {
      // The run's own messages so far, with what the person said first; that is there already.
      const [first, ...rest] = event.messages;
      const said = first?.role === 'user' ? rest : event.messages;
      const before = transcript.entries.slice(0, transcript.runStart);
      const known: Transcript = { ...transcript, entries: [...before, ...entriesOf(said, 'snapshot')] };
      return (event.pending ?? []).reduce(
        (next, request) =>
          withPending(next, request.kind === 'permission' ? request.toolName : questionToolName, request),
        known,
      );
    }
    case 'error':
      return withNotice(transcript, { type: 'error', ...event.error });
    case 'session.end':
      return { ...closeOpen(transcript), usage: event.usage, stopReason: event.stopReason };
    case 'subagent_spawned':
    case 'subagent_status':
    case 'subagent_message':
    case 'subagent_job_started':
    case 'subagent_job_completed':
    case 'subagent_job_failed':
    case 'subagent_closed':
    case 'wait_registered':
    case 'wait_resolved':
      return { ...transcript, entries: reduceAgents(transcript.entries, event) };
    // A skill is shown as the tool call that it is.
    case 'skill_start':
    case 'skill_end':
    case 'turn.start':
    case 'turn.complete':
    case 'context_compaction_start':
    case 'context_usage':
      return transcript;
    default:
      // A newer server may send what this page does not know yet.
      event satisfies never;
      return transcript;
  }
}

/** The run is over, for good or because it was lost: nothing goes on any more. */
export function closeOpen(transcript: Transcript): Transcript {
  const entries = transcript.entries.map((entry) => {
    if (entry.kind === 'agent') return endedAgent(entry);
    return entry.kind === 'assistant' ? { ...entry, isOpen: false, parts: entry.parts.map(closePart) } : entry;
  });
  return { ...transcript, entries };
}

function closePart(part: Part): Part {
  if (part.kind === 'thinking' && part.isOpen) return { ...part, isOpen: false };
  // A question outlives its run; a permission does not.
  if (part.kind === 'tool' && part.pending?.kind === 'question') return { ...part, state: 'waiting' };
  if (part.kind === 'tool' && part.state !== 'done' && part.state !== 'error') {
    return { ...answered(part), state: 'stopped' };
  }
  return part;
}

function answered({ pending: _, ...tool }: ToolPart): ToolPart {
  return tool;
}

function withPending(transcript: Transcript, name: string, pending: PendingRequest): Transcript {
  const { agent } = pending;
  if (agent) return { ...transcript, entries: withAgentRequest(transcript.entries, agent, pending) };
  return withTool(transcript, pending.toolCallId, name, (tool) => ({ ...tool, state: 'running', pending }));
}

function withNotice(transcript: Transcript, notice: NoticeEntry['notice']): Transcript {
  const entry: NoticeEntry = { kind: 'notice', id: `notice-${transcript.entries.length}`, notice };
  return { ...transcript, entries: [...transcript.entries, entry] };
}

function withMessage(
  transcript: Transcript,
  id: string,
  change: (entry: AssistantEntry) => AssistantEntry,
): Transcript {
  const { entries } = transcript;
  const place = entries.findLastIndex((entry) => entry.id === id);
  const found = entries[place];
  if (found?.kind === 'assistant') return { ...transcript, entries: entries.with(place, change(found)) };
  return { ...transcript, entries: [...entries, change({ kind: 'assistant', id, parts: [], isOpen: true })] };
}

function withTool(
  transcript: Transcript,
  toolCallId: string,
  name: string,
  change: (tool: ToolPart) => ToolPart,
): Transcript {
  const { entries } = transcript;
  const isIt = (part: Part): part is ToolPart => part.kind === 'tool' && part.toolCallId === toolCallId;
  const place = entries.findLastIndex((entry) => entry.kind === 'assistant' && entry.parts.some(isIt));
  const entry = entries[place];
  if (entry?.kind === 'assistant') {
    const parts = entry.parts.map((part) => (isIt(part) ? change(part) : part));
    return { ...transcript, entries: entries.with(place, { ...entry, parts }) };
  }
  // Its message went by unseen.
  const tool: ToolPart = { kind: 'tool', index: 0, toolCallId, name, argsText: '', state: 'waiting', output: [] };
  const stray: AssistantEntry = { kind: 'assistant', id: `tool-${toolCallId}`, parts: [change(tool)], isOpen: false };
  return { ...transcript, entries: [...entries, stray] };
}

/** The whole message is the truth; what its tools have done since is kept. */
function finish(entry: AssistantEntry, message: AssistantMessage): AssistantEntry {
  const known = new Map(
    entry.parts.flatMap((part) => (part.kind === 'tool' ? [[part.toolCallId, part] as const] : [])),
  );
  const parts = partsOf(message).map((part) => {
    if (part.kind !== 'tool') return part;
    const seen = known.get(part.toolCallId);
    return seen && seen.state !== 'writing' ? { ...part, ...seen, index: part.index } : part;
  });
  const { errorMessage } = message;
  return { ...entry, parts, isOpen: false, ...(errorMessage !== undefined && { errorMessage }) };
}

function step(parts: Part[], change: MessageStep): Part[] {
  const place = parts.findIndex((part) => part.index === change.contentIndex);
  const old = parts[place];
  const next = nextPart(old, change);
  if (!next) return parts;
  if (old) return parts.with(place, next);
  const after = parts.findIndex((part) => part.index > change.contentIndex);
  return parts.toSpliced(after === -1 ? parts.length : after, 0, next);
}

function nextPart(old: Part | undefined, change: MessageStep): Part | undefined {
  const index = change.contentIndex;
  switch (change.type) {
    case 'text_start':
      return old ?? { kind: 'text', index, text: '' };
    case 'text_delta':
      return { kind: 'text', index, text: (old?.kind === 'text' ? old.text : '') + change.delta };
    case 'thinking_start':
      return old ?? { kind: 'thinking', index, text: '', isOpen: true };
    case 'thinking_delta':
      return { kind: 'thinking', index, text: (old?.kind === 'thinking' ? old.text : '') + change.delta, isOpen: true };
    case 'thinking_end':
      return old?.kind === 'thinking' ? { ...old, isOpen: false } : old;
    case 'toolcall_start': {
      const { toolCallId, toolName } = change;
      return { kind: 'tool', index, toolCallId, name: toolName, argsText: '', state: 'writing', output: [] };
    }
    case 'toolcall_delta':
      return old?.kind === 'tool' ? { ...old, argsText: old.argsText + change.delta } : old;
    case 'toolcall_end':
      return old?.kind === 'tool' && old.state === 'writing' ? { ...old, state: 'waiting' } : old;
    case 'text_end':
      return old;
    default:
      change satisfies never;
      return old;
  }
}
