import type { SessionSummary } from '../../contract/chat.ts';
import type { IndexProgress } from '../../contract/sessions.ts';
import { fillTexts } from './fill-texts.ts';
import { openIndexFile } from './index-file.ts';
import { isDoneWithin } from './patience.ts';
import { scanSessions } from './scan-sessions.ts';
import type { SessionFinder } from './session-finder.ts';
import { createTables, type SessionSizes, type Tables } from './tables.ts';

const flushEveryMs = 200;
/** How long a look at the session files may take before an index that was left in order is believed without it. */
const trustAfterMs = 300;

const noSizes: SessionSizes = { state: 0, messages: 0, messagesFile: 0, trace: 0, extra: 0 };

/** What one write changed of a session's files. Sizes are whole, but for `extra`, which is a difference. */
export interface SessionWrite {
  stopReason: string | undefined;
  sizes: Partial<SessionSizes>;
  /** Just made: the index cannot know it. */
  isNew?: boolean;
}

/**
 * One copy of a tenant's index, which fills itself from the session files in the background. Throws what SQLite throws
 * when its file is damaged; nothing of the session files is ever lost with it.
 */
export interface IndexCopy {
  readonly tables: Tables;
  /** Every session is in, as far as can be known in a moment. Rejects with the disk's error. */
  readonly ready: Promise<void>;
  write(summary: SessionSummary, write: SessionWrite): void;
  remove(sessionId: string): void;
  rewritten(sessionId: string, bytes: number, file: number): void;
  /** How far the first look at the session files is; undefined when nobody has to wait for it. */
  progress(): IndexProgress | undefined;
  /** Puts in everything that was written so far. */
  flush(): void;
  /** Resolves when sessions and texts are in, as far as they were written when it was called. */
  filled(): Promise<void>;
  condition(): 'kept' | 'deleted' | 'changed';
  /** Idempotent. In order: the next owner may trust it. */
  close(inOrder: boolean): Promise<void>;
}

export interface IndexCopyOptions {
  tenantId: string;
  /** `:memory:` keeps it off the disk. */
  file: string;
  finder: SessionFinder;
  /** Told when work in the background fails; must not throw. */
  onFault(error: unknown): void;
}

interface Pending {
  summary: SessionSummary;
  stopReason: string | undefined;
  sizes: Partial<SessionSizes>;
  isNew: boolean;
}

export function createIndexCopy({ tenantId, file, finder, onFault }: IndexCopyOptions): IndexCopy {
  const index = openIndexFile(file);
  const tables = createTables(index.database, tenantId);
  const closing = new AbortController();
  const pending = new Map<string, Pending>();
  /** Written since the scan last looked at their files. */
  const touched = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let filling: Promise<void> | undefined;
  let scans = 0;
  let isFillDue = false;
  let isScanned = false;

  const source = { tables, finder, signal: closing.signal, transaction: index.transaction };
  const isKnown = index.isTrusted && tables.isComplete();
  const progress: IndexProgress = { done: 0, total: 0 };
  const scanned = scan(undefined).then(() => {
    isScanned = true;
    fill();
  });
  const ready = isKnown ? isDoneWithin(scanned, trustAfterMs).then(() => undefined) : scanned;
  scanned.catch(onFault);
  ready.catch(() => undefined);

  /** Without ids: all sessions of the tenant, and rows without a session are removed. */
  async function scan(ids: readonly string[] | undefined): Promise<void> {
    scans += 1;
    try {
      await scanSessions({
        ...source,
        ids,
        isAwaited: ids === undefined && !isKnown,
        progress: ids === undefined ? progress : { done: 0, total: 0 },
        touched,
        onRead: (sessionId) => {
          const waiting = pending.get(sessionId);
          if (waiting) waiting.sizes.extra = 0;
        },
      });
    } finally {
      scans -= 1;
      if (scans === 0) touched.clear();
    }
  }

  function write(summary: SessionSummary, { stopReason, sizes, isNew = false }: SessionWrite): void {
    const { sessionId } = summary;
    const before = isNew ? undefined : pending.get(sessionId);
    const extra = (before?.sizes.extra ?? 0) + (sizes.extra ?? 0);
    pending.set(sessionId, {
      summary,
      stopReason,
      sizes: { ...before?.sizes, ...sizes, extra },
      isNew: isNew || (before?.isNew ?? false),
    });
    if (scans > 0) touched.add(sessionId);
    flushSoon();
  }

  function flushSoon(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      try {
        flush();
      } catch (error) {
        onFault(error);
      }
    }, flushEveryMs).unref();
  }

  function flush(): void {
    if (closing.signal.aborted || pending.size === 0) return;
    const unknown: string[] = [];
    index.transaction(() => {
      for (const [sessionId, { summary, stopReason, sizes, isNew }] of pending) {
        if (tables.update(summary, stopReason, sizes)) continue;
        if (isNew) {
          tables.upsert({ summary, stopReason, sizes: { ...noSizes, ...sizes } });
        } else unknown.push(sessionId);
      }
      for (const [sessionId, { summary }] of pending) tables.putTitle(sessionId, summary.title);
    });
    pending.clear();
    // A scan that goes on reads those anew, as they were touched.
    if (unknown.length > 0 && scans === 0) scan(unknown).then(fill, onFault);
    else fill();
  }

  function fill(): void {
    if (!isScanned || closing.signal.aborted) return;
    if (filling !== undefined) {
      isFillDue = true;
      return;
    }
    isFillDue = false;
    filling = fillTexts({ ...source, scrub: index.scrub })
      .catch(onFault)
      .finally(() => {
        filling = undefined;
        if (isFillDue) fill();
      });
  }

  async function filled(): Promise<void> {
    await scanned;
    flush();
    while (filling !== undefined) await filling;
  }

  return {
    tables,
    ready,
    write,
    flush,
    filled,
    progress: () => (isKnown || isScanned ? undefined : { ...progress }),
    remove(sessionId) {
      pending.delete(sessionId);
      if (scans > 0) touched.add(sessionId);
      if (closing.signal.aborted) return;
      index.transaction(() => tables.remove(sessionId));
      fill();
    },
    rewritten(sessionId, bytes, file) {
      flush();
      if (scans > 0) touched.add(sessionId);
      if (!closing.signal.aborted) index.transaction(() => tables.rewritten(sessionId, bytes, file));
    },
    condition: () => index.condition(),
    async close(inOrder) {
      if (closing.signal.aborted) return;
      clearTimeout(timer);
      // At once, so that another may take the place of the file; whoever is at work looks at the signal first.
      try {
        if (inOrder) flush();
      } finally {
        closing.abort();
        index.close(inOrder && isScanned);
      }
      // Only now, as the flush may have begun another filling.
      await Promise.allSettled([scanned, filling]);
    },
  };
}
