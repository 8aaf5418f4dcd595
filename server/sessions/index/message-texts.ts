import { type FileHandle, open, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Message } from '../../contract/messages.ts';
import { isPresent } from '../../data/is-present.ts';
import type { SessionLayout } from '../../data/layout.ts';
import { errnoOf } from '../../data/storage-error.ts';
import { readLines } from '../jsonl.ts';
import { parseEntry } from '../message-line.ts';

/** Longer texts are searched only so far, in UTF-16 units. */
const maxTextChars = 32_768;

/** A message's text for the index. `at` in milliseconds since 1970. */
export interface MessageText {
  role: 'user' | 'assistant';
  at: number;
  text: string;
}

export interface TextBatch {
  texts: MessageText[];
  /** Bytes of messages.jsonl that are in with this batch, up to the end of a line. */
  readBytes: number;
  isEnd: boolean;
}

/**
 * The texts of a session from byte `from` of its messages.jsonl to byte `to`, in batches of about `batchChars`, with
 * those of its archives when `from` is 0. What people and the model said: no tool results, no thinking, no summaries.
 */
export async function* readTexts(
  layout: SessionLayout,
  { from, to }: { from: number; to: number },
  batchChars: number,
): AsyncGenerator<TextBatch> {
  if (from === 0) {
    for (const archive of await archivesIn(layout.compactionsDir)) {
      for await (const { texts } of fileTexts(archive, { from: 0, to: Number.MAX_SAFE_INTEGER }, batchChars))
        yield { texts, readBytes: 0, isEnd: false };
    }
  }
  yield* fileTexts(layout.messagesFile, { from, to }, batchChars);
}

async function* fileTexts(
  file: string,
  { from, to }: { from: number; to: number },
  batchChars: number,
): AsyncGenerator<TextBatch> {
  const opened = await openIfThere(file);
  if (opened === undefined) {
    yield { texts: [], readBytes: 0, isEnd: true };
    return;
  }
  await using handle = opened;
  const { size } = await handle.stat();
  let texts: MessageText[] = [];
  let chars = 0;
  let isFirst = from === 0;
  let readBytes = from;
  for await (const { line, isTorn } of readLines(handle, Math.min(size, to), from)) {
    const entry = line.length === 0 ? undefined : parseEntry(line, isFirst);
    // A half line will be cut by the next append, which begins in its place.
    if (isTorn && entry === undefined) break;
    readBytes += line.length + (isTorn ? 0 : 1);
    isFirst = false;
    const text = entry !== undefined && 'role' in entry ? textOf(entry) : undefined;
    if (text === undefined) continue;
    texts.push(text);
    chars += text.text.length;
    if (chars < batchChars) continue;
    yield { texts, readBytes, isEnd: false };
    texts = [];
    chars = 0;
  }
  yield { texts, readBytes, isEnd: true };
}

/** What people and the model said in it; undefined when that is nothing. */
export function textOf(message: Message): MessageText | undefined {
  if (message.role === 'toolResult') return undefined;
  const { role, content, timestamp } = message;
  const text =
    typeof content === 'string'
      ? content
      : content
          .map((block) => (block.type === 'text' ? block.text : ''))
          .filter((part) => part !== '')
          .join('\n');
  return text === '' ? undefined : { role, at: timestamp, text: text.slice(0, maxTextChars) };
}

async function archivesIn(folder: string): Promise<string[]> {
  if (!isPresent(folder)) return [];
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => /^\d{4,9}\.jsonl$/.test(name))
      .sort()
      .map((name) => path.join(folder, name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
