import { Readable } from 'node:stream';
import type { SessionSummary } from '../contract/chat.ts';
import type { SessionKey } from '../contract/ids.ts';
import type { Message, ToolResultMessage } from '../contract/messages.ts';
import type { HistoryEntry } from '../contract/sessions.ts';
import { assertNever } from '../lib/assert-never.ts';
import { closeFiles, type HistoryFile, openWholeHistory, readEntries } from './archives.ts';
import type { SessionAccess } from './session-access.ts';
import type { ExportFormat } from './store.ts';

/** The session as it is now, with every archive in its place; what is written later is not in it. */
export async function exportSession(access: SessionAccess, key: SessionKey, format: ExportFormat): Promise<Readable> {
  const { summary, files } = await access.inOwn(key, async ({ folder, own }) => ({
    summary: own.summary,
    files: await openWholeHistory(folder),
  }));
  const stream = exportStream(summary, format, entriesOf(files));
  // A stream that nobody reads never begins, and so never ends by itself.
  return stream.once('close', () => void closeFiles(files).catch(() => undefined));
}

async function* entriesOf(files: readonly HistoryFile[]): AsyncGenerator<HistoryEntry> {
  try {
    for (const [at, file] of files.entries()) {
      for await (const entry of readEntries(file)) {
        // Behind the first file, a marker stands for what was just written.
        if (entry !== undefined && ('role' in entry || at === 0)) yield entry;
      }
    }
  } finally {
    await closeFiles(files);
  }
}

/** A session as text, entry by entry. Fails when `entries` does. */
export function exportStream(
  summary: SessionSummary,
  format: ExportFormat,
  entries: AsyncIterable<HistoryEntry>,
): Readable {
  const writer = format === 'jsonl' ? asJsonLines(summary) : asMarkdown(summary);
  return Readable.from(written(entries, writer), { objectMode: false, highWaterMark: 256 * 1024 });
}

interface Writer {
  head: string;
  entry(entry: HistoryEntry): string;
}

async function* written(entries: AsyncIterable<HistoryEntry>, writer: Writer): AsyncGenerator<string> {
  yield writer.head;
  for await (const entry of entries) yield writer.entry(entry);
}

function asJsonLines(summary: SessionSummary): Writer {
  const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
  return { head: line({ type: 'session', ...summary }), entry: line };
}

function asMarkdown(summary: SessionSummary): Writer {
  const { sessionId, agentId, createdAt, turns, usage } = summary;
  const facts = [
    `- Session: ${sessionId}`,
    `- Agent: ${agentId}`,
    `- Started: ${timeOf(createdAt)}`,
    `- Turns: ${turns}, tokens: ${usage.totalTokens}`,
  ];
  return {
    head: `# ${summary.title.replaceAll(/\s+/g, ' ') || sessionId}\n\n${facts.join('\n')}\n`,
    entry: toMarkdown,
  };
}

function toMarkdown(entry: HistoryEntry): string {
  if (!('role' in entry))
    return `\n---\n\n${entry.compressedCount} earlier messages, summarised:\n\n${entry.summary}\n`;
  switch (entry.role) {
    case 'user':
      return section(`User, ${timeOf(entry.timestamp)}`, blocksOf(entry));
    case 'assistant':
      return section(`Assistant (${entry.model}), ${timeOf(entry.timestamp)}`, blocksOf(entry));
    case 'toolResult':
      return section(resultTitle(entry), fenced(blocksOf(entry).join('\n')));
    default:
      return assertNever(entry);
  }
}

function resultTitle({ toolName, isError }: ToolResultMessage): string {
  return `${isError ? 'Error' : 'Result'} of ${toolName}`;
}

function section(title: string, parts: string | string[]): string {
  return `\n## ${title}\n\n${typeof parts === 'string' ? parts : parts.join('\n\n')}\n`;
}

function blocksOf(message: Message): string[] {
  if (typeof message.content === 'string') return [message.content];
  return message.content.map((block) => {
    switch (block.type) {
      case 'text':
        return block.text;
      case 'thinking':
        return block.thinking
          .split('\n')
          .map((line) => `> ${line}`)
          .join('\n');
      case 'image':
        return `*(an image, ${block.mimeType})*`;
      case 'toolCall':
        return `**${block.name}**\n\n${fenced(JSON.stringify(block.arguments, null, 2))}`;
      default:
        return assertNever(block);
    }
  });
}

/** A fence longer than any inside, so that the text cannot end it. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

/** As ISO 8601; a time that is none says so. */
function timeOf(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? 'at an unknown time' : date.toISOString();
}
