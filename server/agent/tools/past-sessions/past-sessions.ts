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

/** What is known of one session. */
interface Known {
  stamp: string;
  summary: Promise<string>;
  /** Once it is read: whether it is only what was said last. */
  isLastWords?: boolean;
  /** What was just said, before its files are asked. */
  justSaid?: { summary: string; until: number };
}

/** Words of a turn that just ended; the session's files say the same, three trips to the disk later. */
const justSaidMs = 5_000;

/** The sessions of one person, each in a line or two. Made without a model, read again only when a session changed. */
export interface PastSessions {
  /** Latest first, without the session that asks. */
  latest(own: SessionKey, limit: number): Promise<PastSession[]>;
  /** A turn ended and is stored: the next run, which may begin at once, need not read it. */
  said(key: SessionKey, asked: string, answer: Message): void;
}

export function createPastSessions(
  sessions: PastSessionStore,
  clock: Pick<Clock, 'monotonic'> = systemClock,
): PastSessions {
  /** By session, the least recently used first. */
  const kept = new Map<string, Known>();
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
    if (known?.justSaid && clock.monotonic() < known.justSaid.until) {
      keep(id, known);
      return known.justSaid.summary;
    }
    if (known?.stamp === stamp) {
      keep(id, known);
      return known.summary;
    }
    const found = readSummary(key);
    const read: Known = { stamp, summary: found.then(({ text }) => text) };
    keep(id, read);
    found.then(
      ({ isLastWords }) => Object.assign(read, { isLastWords }),
      // One that failed is read again.
      () => {
        if (kept.get(id) === read) kept.delete(id);
      },
    );
    return read.summary;
  }

  /** As the one that was used last. */
  function keep(id: string, known: Known): void {
    kept.delete(id);
    kept.set(id, known);
    for (const oldest of kept.keys()) {
      if (kept.size <= maxKept) break;
      kept.delete(oldest);
    }
  }

  async function readSummary(key: SessionKey): Promise<{ text: string; isLastWords: boolean }> {
    try {
      const notes = oneLine(await sessions.readMemory(key, 'NOTES.md'));
      if (notes !== '') return { text: cut(notes), isLastWords: false };
      const { messages } = await sessions.loadMessagesWithBudget(key, lastWordsTokens);
      const [first] = messages;
      const marker = first && markerOf(first, true);
      const text = cut(oneLine(marker?.summary || lastWords(messages)));
      return { text, isLastWords: !marker?.summary };
    } catch (error) {
      // Deleted since it was listed.
      if (error instanceof AppError && error.code === 'session_not_found') return { text: '', isLastWords: true };
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
    said({ tenantId, sessionId }, asked, answer) {
      const id = `${tenantId}/${sessionId}`;
      const known = kept.get(id);
      // Notes and summaries say more than the last words, and may have changed with them: the files are asked.
      if (known && known.isLastWords !== true && known.stamp !== '') return;
      const summary = cut(lastWords([{ role: 'user', content: asked, timestamp: 0 }, answer]));
      const justSaid = { summary, until: clock.monotonic() + justSaidMs };
      keep(id, { stamp: '', summary: Promise.resolve(summary), isLastWords: true, justSaid });
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
