import type { SessionKey } from '../contract/ids.ts';
import { noteText } from './conversation.ts';

/**
 * Whether a session has to be there. `making`, `deleting` and `forking` were asked for and not answered before the
 * server was killed: either outcome is right, half of one is not.
 */
export type Presence = 'making' | 'live' | 'deleting' | 'deleted' | 'forking';

/** What a client knows of one session: everything that was acknowledged, and everything that was tried. */
export interface SessionBook {
  readonly key: SessionKey;
  presence: Presence;
  /** Names of messages, in order. */
  acknowledged: string[];
  /** Ids of messages that were sent here or to the session that this one was forked from. */
  sent: Set<string>;
  turns: number;
  /** The last one that was acknowledged; undefined: the first words. */
  title?: string | undefined;
  /** Asked for since. */
  pendingTitles: Set<string>;
  notes: string[];
  /** Lines that commands wrote in the sandbox. */
  ran: string[];
  archives: Set<string>;
  /** A compaction was asked for, so the model need not be sent everything. */
  mayBeCompacted: boolean;
  source?: SessionBook;
}

export function createBook(key: SessionKey, presence: Presence): SessionBook {
  return {
    key,
    presence,
    acknowledged: [],
    sent: new Set(),
    turns: 0,
    pendingTitles: new Set(),
    notes: [],
    ran: [],
    archives: new Set(),
    mayBeCompacted: false,
  };
}

/** What a fork of everything has to hold. */
export function createForkBook(source: SessionBook, sessionId: string): SessionBook {
  return {
    ...createBook({ ...source.key, sessionId }, 'forking'),
    acknowledged: [...source.acknowledged],
    sent: new Set(source.sent),
    mayBeCompacted: source.mayBeCompacted,
    source,
  };
}

/** A turn that the server called complete. */
export function acknowledgeTurn(book: SessionBook, names: readonly string[], notedIds: readonly string[]): void {
  book.presence = 'live';
  book.turns += 1;
  for (const name of names) acknowledge(book, name);
  book.notes.push(...notedIds.map(noteText));
}

export function acknowledge(book: SessionBook, name: string): void {
  if (!book.acknowledged.includes(name)) book.acknowledged.push(name);
}

/** The message or call that a name stands for. */
export function idIn(name: string): string {
  return name.replace(/^[UA] |^T call_/, '').replace(/\/\d+$|_\d+_\d+$/, '');
}

/** The first of `wanted` that is not in `found`, or not in its order. */
export function firstMissing(wanted: readonly string[], found: readonly string[]): string | undefined {
  let at = 0;
  return wanted.find((name) => {
    const place = found.indexOf(name, at);
    at = place + 1;
    return place < 0;
  });
}
