import type { Owner, SessionKey } from '../../../contract/ids.ts';
import type { Message } from '../../../contract/messages.ts';
import type { SessionRow } from '../../../contract/sessions.ts';
import { AppError } from '../../../lib/app-error.ts';
import { type Clock, systemClock } from '../../../lib/clock.ts';
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

interface Look {
  at: number;
  /** How many runs asked since. */
  asked: number;
  /** As the look before was: nobody has to be the first of a crowd again. */
  isCrowded: boolean;
  limit: number;
  rows: Promise<SessionRow[]> | undefined;
}

/** Of the last words, when there are neither notes nor a summary. */
const lastWordsTokens = 300;
const summaryChars = 200;
const maxKept = 1000;
/** When a person's runs begin faster than this many in this time, they share one look at the list. */
const crowd = { runs: 10, withinMs: 250 };
const maxOwners = 200;

/** The sessions of one person, each in a line or two. Made without a model, read again only when a session changed. */
export interface PastSessions {
  /** Latest first, without the session that asks. */
  latest(own: SessionKey, limit: number): Promise<PastSession[]>;
}

export function createPastSessions(
  sessions: PastSessionStore,
  clock: Pick<Clock, 'monotonic'> = systemClock,
): PastSessions {
  /** By session, the least recently used first. */
  const kept = new Map<string, { stamp: string; summary: Promise<string> }>();
  /** By owner, the longest unasked first. */
  const looks = new Map<string, Look>();

  /**
   * The rows of the list. Hundreds of runs a second would have the index write out and read again what each of them
   * changed: then the list may be a quarter of a second old, and for a person who types it never is.
   */
  function listed(owner: Owner, limit: number): Promise<SessionRow[]> {
    const id = `${owner.tenantId}/${owner.userId}`;
    const now = clock.monotonic();
    const before = looks.get(id);
    const age = before?.limit === limit ? now - before.at : Number.POSITIVE_INFINITY;
    const wasCrowded = before !== undefined && before.asked > crowd.runs;
    const look: Look =
      before !== undefined && age < crowd.withinMs
        ? before
        : { at: now, asked: 0, isCrowded: wasCrowded && age < 2 * crowd.withinMs, limit, rows: undefined };
    look.asked += 1;
    looks.delete(id);
    looks.set(id, look);
    for (const oldest of looks.keys()) {
      if (looks.size <= maxOwners) break;
      looks.delete(oldest);
    }
    if (look.rows && (look.isCrowded || look.asked > crowd.runs)) return look.rows;
    const rows = sessions.list({ ...owner, limit }).then((page) => page.sessions);
    look.rows = rows;
    // One that failed is not shared.
    rows.catch(() => {
      if (look.rows === rows) look.rows = undefined;
    });
    return rows;
  }

  async function summaryOf(row: SessionRow): Promise<string> {
    const key = { tenantId: row.tenantId, userId: row.userId, sessionId: row.sessionId };
    const id = `${key.tenantId}/${key.sessionId}`;
    const stamp = `${row.lastActiveAt}:${row.turns}:${row.sizeBytes ?? ''}`;
    const known = kept.get(id);
    kept.delete(id);
    const summary = known?.stamp === stamp ? known.summary : readSummary(key);
    kept.set(id, { stamp, summary });
    // One that failed is read again.
    summary.catch(() => {
      if (kept.get(id)?.summary === summary) kept.delete(id);
    });
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
      const found = await listed(owner, limit + 1);
      const rows = found.filter(({ sessionId }) => sessionId !== own.sessionId).slice(0, limit);
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
