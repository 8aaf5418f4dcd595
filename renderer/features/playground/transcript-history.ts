import type { RunInfo } from '../../../server/contract/chat.ts';
import type { AssistantMessage, Message, UserMessage } from '../../../server/contract/messages.ts';
import { splitFiles } from './attached.ts';
import { openQuestion } from './open-question.ts';
import type { AssistantEntry, Entry, Part, ToolPart, Transcript } from './transcript.ts';

/** The blocks of a whole message; its tool calls wait for their results. */
export function partsOf(message: AssistantMessage): Part[] {
  return message.content.map((block, index): Part => {
    if (block.type === 'text') return { kind: 'text', index, text: block.text };
    if (block.type === 'thinking') return { kind: 'thinking', index, text: block.thinking, isOpen: false };
    return {
      kind: 'tool',
      index,
      toolCallId: block.id,
      name: block.name,
      argsText: '',
      args: block.arguments,
      state: 'waiting',
      output: [],
    };
  });
}

export function textOf({ content }: UserMessage): string {
  if (typeof content === 'string') return content;
  return content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
}

function durationOf(details: unknown): number | undefined {
  if (typeof details !== 'object' || details === null || !('durationMs' in details)) return undefined;
  return typeof details.durationMs === 'number' ? details.durationMs : undefined;
}

/** Stored messages as they are shown. `prefix` keeps ids apart from those of other sources. */
export function entriesOf(messages: readonly Message[], prefix: string): Entry[] {
  const entries: Entry[] = [];
  const tools = new Map<string, ToolPart>();
  for (const [place, message] of messages.entries()) {
    const id = `${prefix}-${place}`;
    if (message.role === 'user') {
      const { text, files } = splitFiles(textOf(message));
      entries.push({ kind: 'user', id, text, ...(files.length > 0 && { files }) });
    } else if (message.role === 'assistant') {
      const parts = partsOf(message);
      for (const part of parts) if (part.kind === 'tool') tools.set(part.toolCallId, part);
      const { errorMessage } = message;
      const entry: AssistantEntry = { kind: 'assistant', id, parts, isOpen: false };
      entries.push(errorMessage === undefined ? entry : { ...entry, errorMessage });
    } else {
      const tool = tools.get(message.toolCallId);
      if (!tool) continue;
      const durationMs = durationOf(message.details);
      tool.state = message.isError ? 'error' : 'done';
      tool.output = message.content;
      tool.details = message.details;
      if (durationMs !== undefined) tool.durationMs = durationMs;
    }
  }
  return entries;
}

/** A stored session at rest: a tool call without a result was cut off, unless it asks the person. */
export function transcriptOf(messages: readonly Message[]): Transcript {
  const entries = entriesOf(messages, 'stored');
  for (const entry of entries) {
    if (entry.kind !== 'assistant') continue;
    for (const part of entry.parts) if (part.kind === 'tool' && part.state === 'waiting') part.state = 'stopped';
  }
  const open = isAsking(messages) ? entries.at(-1) : undefined;
  for (const part of open?.kind === 'assistant' ? open.parts : []) {
    const pending = part.kind === 'tool' && part.state === 'stopped' ? openQuestion(part) : undefined;
    if (part.kind === 'tool' && pending) Object.assign(part, { state: 'waiting', pending });
  }
  const last = messages.findLast((message) => message.role === 'assistant');
  const model = last && `${last.provider}:${last.model}`;
  return { entries, runStart: entries.length, lastSequence: 0, ...(model !== undefined && { model }) };
}

/** The last thing said is the agent's, and it was not broken off. */
function isAsking(messages: readonly Message[]): boolean {
  const last = messages.findLast(({ role }) => role !== 'toolResult');
  return last?.role === 'assistant' && last.stopReason !== 'aborted' && last.stopReason !== 'error';
}

/**
 * A stored session up to where a run that goes on began: its events tell the rest from the start. What the person said
 * may not be stored yet; its first line is known from the run.
 */
export function transcriptBefore(messages: readonly Message[], run: RunInfo): Transcript {
  const said = messages.findLastIndex((message) => message.role === 'user' && message.timestamp >= run.startedAt);
  const ofRun = messages.findIndex((message) => message.timestamp >= run.startedAt);
  const end = said === -1 ? (ofRun === -1 ? messages.length : ofRun) : said + 1;
  const before = transcriptOf(messages.slice(0, end));
  // A run that goes on with the answer to a question begins without a message.
  const last = before.entries.at(-1);
  const isAnswer = last?.kind === 'assistant' && last.parts.some((part) => part.kind === 'tool' && part.pending);
  const isUnsaid = said === -1 && !isAnswer;
  const entries: Entry[] = isUnsaid
    ? [...before.entries, { kind: 'user', id: `said-${run.runId}`, text: run.title }]
    : [...before.entries];
  return { entries, runStart: entries.length, runId: run.runId, model: run.model, lastSequence: 0 };
}
