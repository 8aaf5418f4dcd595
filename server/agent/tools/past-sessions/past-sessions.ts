import type { Owner, SessionKey } from '../../../contract/ids.ts';
import type { Message } from '../../../contract/messages.ts';
import type { SessionRow } from '../../../contract/sessions.ts';
import { AppError } from '../../../lib/app-error.ts';
import { markerOf } from '../../../sessions/compaction-line.ts';
import type { AgentrailSessionStore } from '../../../sessions/store.ts';

export type PastSessionStore = Pick<
  AgentrailSessionStore,
  'list' | 'get' | 'readMemory' | 'loadMessagesWithBudget' | 'loadAllMessages'
>;

/** What one earlier conversation was about. */
export interface PastSession {
  sessionId: string;
  title: string;
  lastActiveAt: number;
  /** From the notes, else the last summary, else the last words; '' when there is nothing. */
  summary: string;
}

/** Of the last words, when there are neither notes nor a summary. */
const lastWordsTokens = 300;
const summaryChars = 200;
const maxKept = 1000;

/** The sessions of one person, each in a line or two. Made without a model, read again only when a session changed. */
export interface PastSessions {
  /** Latest first, without the session that asks. */
  latest(own: SessionKey, limit: number): Promise<PastSession[]>;
}

export function createPastSessions(sessions: PastSessionStore): PastSessions {
  /** By session, the least recently used first. */
  const kept = new Map<string, { stamp: string; summary: string }>();

  async function summaryOf(row: SessionRow): Promise<string> {
    const key = { tenantId: row.tenantId, userId: row.userId, sessionId: row.sessionId };
    const id = `${key.tenantId}/${key.sessionId}`;
    const stamp = `${row.lastActiveAt}:${row.turns}:${row.sizeBytes ?? ''}`;
    const known = kept.get(id);
    kept.delete(id);
    const summary = known?.stamp === stamp ? known.summary : await readSummary(key);
    kept.set(id, { stamp, summary });
    for (const oldest of kept.keys()) {
      if (kept.size <= maxKept) break;
      kept.delete(oldest);
    }
    return summary;
  }

  async function readSummary(key: SessionKey): Promise<string> {
    try {
      const notes = oneLine(await sessions.readMemory(key, 'NOTES.md'));
      if (notes !== '') return cut(notes);
      const { messages } = await sessions.loadMessagesWithBudget(key, lastWordsTokens);
      const [first] = messages;
      const marker = first && markerOf(first, true);
      return cut(oneLine(marker?.summary || lastWords(messages)));
    } catch (error) {
      // Deleted since it was listed.
      if (error instanceof AppError && error.code === 'session_not_found') return '';
      throw error;
    }
  }

  return {
    async latest(own, limit) {
      if (limit === 0) return [];
      const owner: Owner = { tenantId: own.tenantId, userId: own.userId };
      const page = await sessions.list({ ...owner, limit: limit + 1 });
      const rows = page.sessions.filter(({ sessionId }) => sessionId !== own.sessionId).slice(0, limit);
      return Promise.all(
        rows.map(async (row) => {
          const { sessionId, title, lastActiveAt } = row;
          return { sessionId, title: cut(oneLine(title)), lastActiveAt, summary: await summaryOf(row) };
        }),
      );
    },
  };
}

export function pastSessionLine({ sessionId, title, lastActiveAt, summary }: PastSession): string {
  const day = new Date(lastActiveAt).toISOString().slice(0, 10);
  return `- ${sessionId} (${day}) ${title || 'Untitled'}${summary === '' ? '' : `: ${summary}`}`;
}

/** What was said, without thinking and images. */
export function wordsOf({ content }: Message): string {
  if (typeof content === 'string') return content;
  return content.flatMap((block) => (block.type === 'text' ? block.text : [])).join('\n');
}

function lastWords(messages: readonly Message[]): string {
  const said = (role: Message['role']) => {
    const last = messages.findLast((message) => message.role === role && wordsOf(message).trim() !== '');
    return last === undefined ? '' : oneLine(wordsOf(last)).slice(0, summaryChars / 2);
  };
  const parts = [
    ['asked', said('user')],
    ['answered', said('assistant')],
  ];
  return parts.flatMap(([what, words]) => (words === '' ? [] : `${what} "${words}"`)).join(', ');
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function cut(text: string): string {
  return text.length <= summaryChars ? text : `${text.slice(0, summaryChars).toWellFormed()}…`;
}
