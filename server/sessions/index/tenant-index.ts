import { renameSync } from 'node:fs';
import path from 'node:path';
import type { SessionSummary } from '../../contract/chat.ts';
import type { IndexProgress } from '../../contract/sessions.ts';
import { messageOf } from '../../lib/app-error.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { createIndexCopy, type IndexCopy, type SessionWrite } from './index-copy.ts';
import { removeIndexFiles } from './index-file.ts';
import { isDoneWithin } from './patience.ts';
import type { SessionFinder } from './session-finder.ts';
import type { Tables } from './tables.ts';

/** A search waits this long for texts that are not in the index yet, and then says that it is incomplete. */
const searchPatienceMs = 2000;
/** A person who looks at the list waits this long for an index that is being made, and then sees what it holds. */
const listPatienceMs = 250;
/** Faults of the index in a row after which it is kept in memory: the disk does not keep what it is given. */
const maxFaults = 3;

export interface TenantIndexOptions {
  tenantId: string;
  /** `tenants/{tenantId}/index.sqlite`. */
  file: string;
  finder: SessionFinder;
  logger: Logger;
}

/**
 * The index of one tenant. Every question sees all writes made before it. The file may be deleted or damaged at any
 * time: another is made from the session files, and answers are right meanwhile. Only faults of the session files
 * themselves reach the caller.
 */
export interface TenantIndex {
  /** Must not throw, like the other writes: a session is not lost because it cannot be listed yet. */
  write(summary: SessionSummary, write: SessionWrite): void;
  remove(sessionId: string): void;
  /** messages.jsonl was replaced by one that holds nothing new. */
  rewritten(sessionId: string, bytes: number, file: number): void;
  /** Asks at once, whatever is in the index by now; undefined when it cannot be asked. */
  peek<T>(question: (tables: Tables) => T): T | undefined;
  /** Asks once every session is in the index. */
  ask<T>(question: (tables: Tables) => T): Promise<T>;
  /** Asks once the texts are in, too, or patience ended. */
  search<T>(question: (tables: Tables) => T): Promise<{ answer: T; isIncomplete: boolean }>;
  /** As `ask`, whatever is in the index by now. */
  askNow<T>(question: (tables: Tables) => T): Promise<T>;
  /** Waits a moment for every session to be in the index; when that is not enough, tells how far it is. */
  indexing(): Promise<IndexProgress | undefined>;
  /** Makes another file in the place of this one, so that nothing is left of what was removed; answers meanwhile. */
  renew(): Promise<void>;
  /** `inOrder` when the session files are known to say the same. */
  close(inOrder: boolean): Promise<void>;
}

export function createTenantIndex({ tenantId, file, finder, logger }: TenantIndexOptions): TenantIndex {
  const nextFile = path.join(path.dirname(file), 'index-next.sqlite');
  const closings = new Set<Promise<void>>();
  let current: IndexCopy | undefined;
  /** Takes the place of a file that was deleted; until it is filled, the deleted one still answers. */
  let next: IndexCopy | undefined;
  let faults = 0;
  let isClosed = false;
  // A process that was killed may have left one behind.
  clearAway(nextFile);

  /** The copy that answers, made or made anew when it has to be. */
  function inUse(): IndexCopy {
    const condition = current?.condition();
    if (condition === 'changed' && current !== undefined) {
      discard(current, new Error('something else wrote into the index'), true);
    }
    if (condition === 'deleted' && next === undefined) {
      logger.info('session index was deleted and is made anew', { tenantId });
      void startNext();
    }
    if (current !== undefined) return current;
    const made = make(faults < maxFaults ? file : ':memory:');
    current = made;
    return made;
  }

  function make(at: string): IndexCopy {
    const made: IndexCopy = createIndexCopy({
      tenantId,
      file: at,
      finder,
      onFault: (error) => discard(made, error, isIndexFault(error)),
    });
    return made;
  }

  /** Resolves when it took over or was given up. */
  function startNext(): Promise<void> {
    clearAway(nextFile);
    const made = make(nextFile);
    next = made;
    return made.filled().then(
      () => {
        if (next === made) attempt(takeOver);
      },
      () => undefined,
    );
  }

  function takeOver(): void {
    if (isClosed || next === undefined) return;
    const filled = next;
    next = undefined;
    if (current !== undefined) close(current, false);
    current = undefined;
    close(filled, true);
    clearAway(file);
    renameSync(nextFile, file);
  }

  /** What is damaged is thrown away; a copy that only could not read the session files is filled anew when asked. */
  function discard(failed: IndexCopy, error: unknown, isDamaged: boolean): void {
    if (isClosed || (failed !== current && failed !== next)) return;
    logger.log(isDamaged ? 'warn' : 'debug', 'session index is made anew', { tenantId, reason: messageOf(error) });
    const place = failed === current ? file : nextFile;
    if (failed === current) current = undefined;
    else next = undefined;
    close(failed, false);
    if (!isDamaged) return;
    faults += 1;
    clearAway(place);
  }

  function close(copy: IndexCopy, inOrder: boolean): void {
    const closing: Promise<void> = copy
      .close(inOrder)
      .catch((error: unknown) => logger.debug('session index not closed in order', { reason: messageOf(error) }))
      .finally(() => closings.delete(closing));
    closings.add(closing);
  }

  function clearAway(place: string): void {
    try {
      removeIndexFiles(place);
    } catch (error) {
      logger.debug('session index not removed', { tenantId, reason: messageOf(error) });
    }
  }

  /** Puts a write into every copy; what one of them cannot take is in the session files anyway. */
  function attempt(work: () => void): void {
    if (isClosed) return;
    try {
      work();
    } catch (error) {
      logger.debug('session index write failed', { tenantId, reason: messageOf(error) });
      if (current !== undefined) discard(current, error, isIndexFault(error));
    }
  }

  /** Whether the file is still the same, the next question finds out: writes wait in memory, and files know them. */
  function inEach(work: (copy: IndexCopy) => void): void {
    attempt(() => {
      work(current ?? inUse());
      if (next !== undefined) work(next);
    });
  }

  async function ask<T>(question: (tables: Tables) => T, wait: (copy: IndexCopy) => Promise<unknown>): Promise<T> {
    for (let tries = 0; ; tries += 1) {
      const copy = inUse();
      try {
        await wait(copy);
        copy.flush();
        return question(copy.tables);
      } catch (error) {
        // Another took its place meanwhile, or it is damaged and another has to.
        const isStale = copy !== current;
        discard(copy, error, isIndexFault(error));
        if (tries >= maxFaults || (!isStale && !isIndexFault(error))) throw error;
      }
    }
  }

  return {
    write: (summary, write) => inEach((copy) => copy.write(summary, write)),
    remove: (sessionId) => inEach((copy) => copy.remove(sessionId)),
    rewritten: (sessionId, bytes, file) => inEach((copy) => copy.rewritten(sessionId, bytes, file)),
    peek(question) {
      let answer: ReturnType<typeof question> | undefined;
      attempt(() => {
        const copy = inUse();
        copy.flush();
        answer = question(copy.tables);
      });
      return answer;
    },
    ask: (question) => ask(question, (copy) => copy.ready),
    async search(question) {
      let isIncomplete = false;
      const answer = await ask(question, async (copy) => {
        await copy.ready;
        isIncomplete = !(await isDoneWithin(copy.filled(), searchPatienceMs));
      });
      return { answer, isIncomplete };
    },
    askNow: (question) => ask(question, () => Promise.resolve()),
    async indexing() {
      const copy = inUse();
      try {
        await isDoneWithin(copy.ready, listPatienceMs);
        return copy.progress();
      } catch {
        // Whoever asks now is told, or has it from another copy.
        return undefined;
      }
    },
    async renew() {
      if (isClosed) return;
      inUse().flush();
      if (next !== undefined) close(next, false);
      await startNext();
    },
    async close(inOrder) {
      isClosed = true;
      if (next !== undefined) close(next, false);
      if (current !== undefined) close(current, inOrder);
      await Promise.all(closings);
      clearAway(nextFile);
    },
  };
}

function isIndexFault(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return error.code === 'ERR_SQLITE_ERROR' || error.code === 'ERR_INVALID_STATE';
}
