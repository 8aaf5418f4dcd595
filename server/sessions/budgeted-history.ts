import type { FileHandle } from 'node:fs/promises';
import type { Message } from '../contract/messages.ts';
import { markerOf } from './compaction-line.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { readLines, readLinesBackwards } from './jsonl.ts';
import { parseMessage } from './message-line.ts';
import type { BudgetedHistory } from './store.ts';

/**
 * Reads from the end of messages.jsonl only as far as the budget reaches, and on to the user message that the oldest
 * reply belongs to. Results are kept with the reply that called for them; those without one are left out.
 */
export async function readBudget(handle: FileHandle, end: number, budget: number): Promise<BudgetedHistory> {
  return keepWithinBudget(messagesBackwards(handle, end), budget, (before) => summaryIn(handle, before));
}

async function* messagesBackwards(handle: FileHandle, end: number): AsyncGenerator<PlacedMessage> {
  for await (const { line, start } of readLinesBackwards(handle, end)) yield { message: parseMessage(line), start };
}

/** A message with its place in its history, which counts upwards; undefined when it cannot be read. */
export interface PlacedMessage {
  message: Message | undefined;
  start: number;
}

/** The same for a history from anywhere, last message first. `summary`: the one of a compaction that lies before a place. */
export async function keepWithinBudget(
  backwards: AsyncIterable<PlacedMessage>,
  budget: number,
  summaryBefore: (start: number) => Promise<Message | undefined>,
): Promise<BudgetedHistory> {
  const kept: Message[] = [];
  /** Results whose reply was not reached yet, latest first. */
  let results: Message[] = [];
  let tokens = 0;
  let skippedLines = 0;
  let isFull = false;
  let firstPlace = 0;

  for await (const { message, start } of backwards) {
    if (message === undefined) {
      skippedLines += 1;
      continue;
    }
    if (message.role === 'toolResult') {
      results.push(message);
      continue;
    }
    const group = message.role === 'assistant' ? [...results, message] : [message];
    results = [];
    const groupTokens = group.reduce((sum, each) => sum + estimateTokens(each), 0);
    isFull ||= kept.length > 0 && tokens + groupTokens > budget;
    if (isFull && message.role === 'assistant') continue;
    // A reply needs what it answers.
    if (isFull && kept.at(-1)?.role === 'user') break;
    kept.push(...group);
    tokens += groupTokens;
    firstPlace = start;
    if (isFull) break;
  }

  const messages = kept.reverse();
  const summary = isFull ? await summaryBefore(firstPlace) : undefined;
  if (summary !== undefined) {
    messages.unshift(summary);
    tokens += estimateTokens(summary);
  }
  return { messages, tokens, isCut: isFull, skippedLines };
}

/** The summary of a compaction on the first line, unless it lies at or behind byte `before`. */
async function summaryIn(handle: FileHandle, before: number): Promise<Message | undefined> {
  if (before === 0) return undefined;
  for await (const { line } of readLines(handle, before)) {
    const message = parseMessage(line);
    return message !== undefined && markerOf(message, true) !== undefined ? message : undefined;
  }
  return undefined;
}
