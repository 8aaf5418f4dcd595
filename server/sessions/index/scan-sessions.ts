import { setImmediate as otherWork } from 'node:timers/promises';
import type { IndexProgress } from '../../contract/sessions.ts';
import { orderNewestFirst } from './scan-order.ts';
import type { SessionFinder } from './session-finder.ts';
import type { IndexedSession, Tables } from './tables.ts';

const readersAtOnce = 16;
/** Sessions put in at once: short enough not to be felt by whoever else is served. */
const sessionsPerTransaction = 50;
const rowsPerLook = 2000;

export interface ScanOptions {
  tables: Tables;
  finder: SessionFinder;
  signal: AbortSignal;
  transaction(work: () => void): void;
  /** Absent: all sessions there are, and rows without a session go. */
  ids: readonly string[] | undefined;
  /** Somebody waits for the first rows: sessions that were written to last come first. */
  isAwaited: boolean;
  /** Kept true while the scan goes on. */
  progress: IndexProgress;
  /** Sessions written to meanwhile, put there by whoever writes: what was read of them before is stale. */
  touched: Set<string>;
  /** Everything written to this session before now is in what was read. */
  onRead(sessionId: string): void;
}

/** Brings the rows in line with the session files. Sessions whose files kept their sizes are not opened. */
export async function scanSessions(options: ScanOptions): Promise<void> {
  const { tables, finder, signal, touched, progress } = options;
  const found = options.ids ?? (await finder.ids());
  progress.total = found.length;
  // Taken from its end.
  const waiting = options.isAwaited ? (await orderNewestFirst(found, finder, signal)).reverse() : [...found];
  const read = new Map<string, IndexedSession | undefined>();

  async function readNext(): Promise<void> {
    for (let id = waiting.pop(); id !== undefined && !signal.aborted; id = waiting.pop()) {
      touched.delete(id);
      if (await isKept(id)) {
        progress.done += 1;
        continue;
      }
      read.set(id, await finder.read(id));
      if (read.size < sessionsPerTransaction) continue;
      putIn();
      await otherWork();
    }
  }

  async function isKept(id: string): Promise<boolean> {
    const known = signal.aborted ? undefined : tables.glance(id);
    if (known === undefined) return false;
    const now = await finder.glance(id);
    if (now === undefined || touched.has(id)) return false;
    const { state, messages, messagesFile } = now;
    return state === known.state && messages === known.messages && messagesFile === known.messagesFile;
  }

  function putIn(): void {
    if (signal.aborted) return;
    options.transaction(() => {
      const titles: [id: string, title: string][] = [];
      for (const [id, session] of read) {
        if (touched.has(id)) {
          waiting.push(id);
          continue;
        }
        progress.done += 1;
        if (session === undefined) tables.remove(id);
        else {
          options.onRead(id);
          tables.upsert(session);
          titles.push([id, session.summary.title]);
        }
      }
      for (const [id, title] of titles) tables.putTitle(id, title);
    });
    read.clear();
  }

  while (waiting.length > 0 && !signal.aborted) {
    await Promise.all(Array.from({ length: Math.min(readersAtOnce, waiting.length) }, readNext));
    putIn();
  }
  if (signal.aborted || options.ids !== undefined) return;
  await removeAbsent(options, new Set(found));
  if (!signal.aborted) options.transaction(() => tables.setComplete());
}

/** Rows whose session is not there any more go. */
async function removeAbsent(options: ScanOptions, present: ReadonlySet<string>): Promise<void> {
  const { tables, touched, signal } = options;
  let last = '';
  while (!signal.aborted) {
    const ids = tables.sessionIds(last, rowsPerLook);
    last = ids.at(-1) ?? '';
    if (last === '') return;
    const gone = ids.filter((id) => !present.has(id) && !touched.has(id));
    if (gone.length > 0) {
      options.transaction(() => {
        for (const id of gone) tables.remove(id);
      });
    }
    await otherWork();
  }
}
