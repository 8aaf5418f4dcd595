import type { SessionKey } from '../contract/ids.ts';
import type { Message } from '../contract/messages.ts';
import type { AgentrailSessionStore, SessionStore } from '../sessions/store.ts';

/** A store that may be able to read the end of a history alone. */
export type HistoryStore = Pick<SessionStore, 'loadMessages'> &
  Partial<Pick<AgentrailSessionStore, 'loadMessagesWithBudget'>>;

export interface HistoryNeed {
  contextWindow: number;
  /** Most that is wanted, whatever the window could hold. */
  historyTokens: number | undefined;
}

/**
 * A history that fills this many windows by the store's estimate is over one window by any measure, however far the
 * estimate is off: that it has to be shortened shows without the rest of it.
 */
const windows = 2;

/** The latest of a history, as much as a run needs to begin and to know whether it has to be shortened. */
export async function loadHistory(store: HistoryStore, key: SessionKey, need: HistoryNeed): Promise<Message[]> {
  if (store.loadMessagesWithBudget === undefined) return (await store.loadMessages(key)).messages;
  const tokens = Math.min(windows * need.contextWindow, need.historyTokens ?? Number.POSITIVE_INFINITY);
  return (await store.loadMessagesWithBudget(key, tokens)).messages;
}
