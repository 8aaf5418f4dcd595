import type { Owner } from '../contract/ids.ts';
import type { MemoryRebuild, UserMemory, UserMemoryChange } from '../contract/memory.ts';
import type { DataLayout } from '../data/layout.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { createSerialQueue } from '../lib/serial-queue.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type AskForFacts, consolidate, type Words } from './consolidate.ts';
import { createMemoryFiles, type KeptMemory } from './memory-files.ts';
import { cutToBytes, isKeepable } from './memory-text.ts';

/** What people said, as it is kept of their conversations. */
export interface SaidWords {
  /** Sessions of the user with activity after `since`, oldest first; only the latest `limit` of them. */
  sessions(owner: Owner, since: number, limit: number): Promise<{ sessionId: string }[]>;
  /** What the person wrote there after `since`, oldest first, without files that came along. */
  words(owner: Owner, sessionId: string, since: number): Promise<Words[]>;
}

export interface UserMemoryOptions {
  layout: DataLayout;
  settings(): { enabled: boolean; maxBytes: number };
  /** With the model of the settings. */
  ask: AskForFacts;
  said: SaidWords;
  redact(text: string): string;
  clock: Clock;
  logger: Logger;
  /** So long nobody of the user's runs may end before it is considered what they said. Default 45,000. */
  quietMs?: number;
}

/** What is remembered of users: `tenants/{tenant}/users/{user}/USER.md`. */
export interface UserMemoryManager {
  /** Whose memory is kept here or was switched off, by name. Throws AppError `storage_unavailable` (503). */
  owners(): Promise<Owner[]>;
  get(owner: Owner): Promise<UserMemory>;
  /**
   * What agents are told; undefined when there is nothing, or it is switched off. Throws AppError
   * `storage_unavailable` (503).
   */
  recall(owner: Owner): Promise<string | undefined>;
  /** Throws AppErrors `memory_too_long` (413), `memory_holds_secret` (422), `memory_changed` (409). */
  change(owner: Owner, change: UserMemoryChange): Promise<UserMemory>;
  /** Forgets what is remembered, and that it was said so far. Whether anything is remembered in future stays as it is. */
  clear(owner: Owner): Promise<UserMemory>;
  /** A run of the user ended: what they said is considered once they are quiet. */
  noteRun(owner: Owner): void;
  /**
   * Reads all that the user ever said anew. The memory stays as it is until the end. Resolves when it has begun; throws
   * AppErrors `memory_rebuilding`, `memory_off` (409).
   */
  rebuild(owner: Owner): Promise<MemoryRebuild>;
  /** Idempotent. */
  abortRebuild(owner: Owner): void;
  /** Resolves when nothing goes on and nothing waits. */
  idle(): Promise<void>;
  /** Ends what goes on; what was not considered is, after the user's next run. */
  close(): Promise<void>;
}

const latestSessions = 50;
const allSessions = 1000;
/** However busy the user is. */
const longestWaitMs = 600_000;
const tries = 3;

interface Waiting {
  since: number;
  over: AbortController;
}

interface Rebuild {
  job: MemoryRebuild;
  stop: AbortController;
  done: Promise<void>;
}

export function createUserMemory(options: UserMemoryOptions): UserMemoryManager {
  const { clock, logger, settings, said, redact, quietMs = 45_000 } = options;
  const files = createMemoryFiles(options.layout);
  const closing = new AbortController();
  const waiting = new Map<string, Waiting>();
  const rebuilds = new Map<string, Rebuild>();
  /** One question at a time, whoever it is about: nobody waits for the answer. */
  const inTurn = createSerialQueue();
  const going = new Set<Promise<void>>();

  function shown(owner: Owner, { text, revision, enabled, updatedAt }: KeptMemory): UserMemory {
    const { enabled: isOffered, maxBytes } = settings();
    const job = rebuilds.get(keyOf(owner))?.job;
    return {
      tenantId: owner.tenantId,
      userId: owner.userId,
      ...{ text, revision, enabled, isOffered, maxBytes, sizeBytes: Buffer.byteLength(text) },
      ...(updatedAt !== undefined && { updatedAt }),
      ...(job && { rebuild: { ...job } }),
    };
  }

  function checkText(text: string): string {
    const { maxBytes } = settings();
    const clean = text.replaceAll('\r\n', '\n').trim();
    const sizeBytes = Buffer.byteLength(clean) + 1;
    if (sizeBytes > maxBytes) {
      const message = `The memory would have ${sizeBytes} bytes; userMemory.maxBytes allows ${maxBytes}. Shorten it.`;
      throw new AppError('memory_too_long', message, { status: 413, details: { sizeBytes, maxBytes } });
    }
    const line = clean.split('\n').findIndex((each) => !isKeepable(each, redact));
    if (line !== -1 || redact(clean) !== clean) {
      const place = line === -1 ? 'The text' : `Line ${line + 1}`;
      const message = `${place} holds what looks like a password or key. Agents are told the memory: keep such values in the vault.`;
      throw new AppError('memory_holds_secret', message, { status: 422 });
    }
    return clean === '' ? '' : `${clean}\n`;
  }

  function consolidateFor(memory: string, words: readonly Words[], signal: AbortSignal) {
    return consolidate(memory, words, { ask: options.ask, signal, maxBytes: settings().maxBytes, redact });
  }

  /** Again when somebody edited the memory meanwhile: their words count. */
  async function considerWords(owner: Owner, signal: AbortSignal): Promise<void> {
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const before = await files.read(owner);
      if (!before.enabled || !settings().enabled) return;
      const words: Words[] = [];
      const read: string[] = [];
      for (const { sessionId } of await said.sessions(owner, before.through, latestSessions)) {
        signal.throwIfAborted();
        const own = await said.words(owner, sessionId, before.through);
        if (own.length > 0) read.push(sessionId);
        words.push(...own);
      }
      if (words.length === 0) return;
      words.sort((one, other) => one.at - other.at);
      const text = await consolidateFor(before.text, words, signal);
      if (text === undefined) return;
      signal.throwIfAborted();
      const through = words.reduce((latest, { at }) => Math.max(latest, at), before.through);
      if (!(await areLeft(owner, read))) continue;
      if (await publish(owner, before, { text, through })) return;
    }
    logger.info('The memory of a user was edited while it was consolidated. The next run tries again.', { ...owner });
  }

  /** What was deleted while a model read it, the whole user above all, must not be remembered by that. */
  async function areLeft(owner: Owner, sessionIds: readonly string[]): Promise<boolean> {
    const left = new Set((await said.sessions(owner, 0, allSessions)).map(({ sessionId }) => sessionId));
    return sessionIds.every((id) => left.has(id));
  }

  async function publish(owner: Owner, before: KeptMemory, after: { text: string; through: number }): Promise<boolean> {
    let isPublished = false;
    await files.update(owner, (now) => {
      if (now.revision !== before.revision || !now.enabled || now.through !== before.through) return undefined;
      isPublished = true;
      const isChanged = after.text !== now.text;
      return { ...after, ...(isChanged && { updatedAt: clock.now() }) };
    });
    return isPublished;
  }

  async function considerLater(owner: Owner, wait: Waiting): Promise<void> {
    const key = keyOf(owner);
    const leftMs = Math.max(0, wait.since + longestWaitMs - clock.monotonic());
    try {
      await clock.sleep(Math.min(quietMs, leftMs), AbortSignal.any([wait.over.signal, closing.signal]));
    } catch {
      // Another run ended, or the program does.
      return;
    }
    waiting.delete(key);
    try {
      await inTurn(() => considerWords(owner, closing.signal));
    } catch (error) {
      if (closing.signal.aborted) return;
      logger.warn(`What a user said was not considered for their memory: ${messageOf(error)}`, { ...owner });
    }
  }

  async function rebuildNow(owner: Owner, { job, stop }: Pick<Rebuild, 'job' | 'stop'>, ids: readonly string[]) {
    const signal = AbortSignal.any([stop.signal, closing.signal]);
    const before = await files.read(owner);
    let text = '';
    let through = before.through;
    for (const sessionId of ids) {
      signal.throwIfAborted();
      const words = await said.words(owner, sessionId, 0);
      const next = words.length === 0 ? text : await consolidateFor(text, words, signal);
      if (next === undefined) throw noModel();
      text = next;
      through = words.reduce((latest, { at }) => Math.max(latest, at), through);
      job.done += 1;
    }
    signal.throwIfAborted();
    if (!(await areLeft(owner, ids)) || !(await publish(owner, before, { text, through }))) throw changedMeanwhile();
  }

  async function carryOut(owner: Owner, rebuild: Pick<Rebuild, 'job' | 'stop'>, ids: readonly string[]): Promise<void> {
    const { job, stop } = rebuild;
    try {
      await rebuildNow(owner, rebuild, ids);
      job.status = 'done';
    } catch (error) {
      job.status = stop.signal.aborted || closing.signal.aborted ? 'aborted' : 'failed';
      if (job.status === 'failed') {
        job.error = { code: error instanceof AppError ? error.code : 'internal', message: messageOf(error) };
        logger.warn(`The memory of a user was not rebuilt: ${messageOf(error)}`, { ...owner });
      }
    }
    job.endedAt = clock.now();
  }

  function keep(work: Promise<void>): void {
    const kept = work.finally(() => going.delete(kept));
    going.add(kept);
  }

  return {
    owners: async () => (await files.owners()).sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1)),
    get: async (owner) => shown(owner, await files.read(owner)),
    async recall(owner) {
      const { enabled: isOffered, maxBytes } = settings();
      if (!isOffered) return undefined;
      const { enabled, text } = await files.read(owner);
      return enabled ? cutToBytes(text, maxBytes).trim() || undefined : undefined;
    },
    async change(owner, { text, enabled, revision }) {
      const checked = text === undefined ? undefined : checkText(text);
      const kept = await files.update(owner, (now) => {
        if (revision !== undefined && revision !== now.revision) throw changedMeanwhile();
        return {
          ...(checked !== undefined && checked !== now.text && { text: checked, updatedAt: clock.now() }),
          ...(enabled !== undefined && { enabled }),
          // What is said while it is off is not for remembering, also not later.
          ...(enabled === true && !now.enabled && { through: clock.now() }),
        };
      });
      return shown(owner, kept);
    },
    async clear(owner) {
      rebuilds.get(keyOf(owner))?.stop.abort();
      const at = clock.now();
      return shown(owner, await files.update(owner, () => ({ text: '', through: at, updatedAt: at })));
    },
    noteRun(owner) {
      if (closing.signal.aborted || !settings().enabled) return;
      const key = keyOf(owner);
      const earlier = waiting.get(key);
      earlier?.over.abort();
      const wait = { since: earlier?.since ?? clock.monotonic(), over: new AbortController() };
      waiting.set(key, wait);
      keep(considerLater(owner, wait));
    },
    async rebuild(owner) {
      const key = keyOf(owner);
      const { enabled } = await files.read(owner);
      if (!enabled || !settings().enabled) {
        throw new AppError('memory_off', 'The memory of this user is switched off. Switch it on first.', {
          status: 409,
        });
      }
      const ids = (await said.sessions(owner, 0, allSessions)).map(({ sessionId }) => sessionId);
      if (rebuilds.get(key)?.job.status === 'running') {
        throw new AppError('memory_rebuilding', 'The memory of this user is being rebuilt already.', { status: 409 });
      }
      const job: MemoryRebuild = { status: 'running', done: 0, total: ids.length, startedAt: clock.now() };
      const stop = new AbortController();
      const done = inTurn(() => carryOut(owner, { job, stop }, ids));
      rebuilds.set(key, { job, stop, done });
      keep(done);
      return { ...job };
    },
    abortRebuild: (owner) => rebuilds.get(keyOf(owner))?.stop.abort(),
    async idle() {
      while (going.size > 0) await Promise.all(going);
    },
    async close() {
      closing.abort();
      while (going.size > 0) await Promise.all(going);
    },
  };
}

function keyOf({ tenantId, userId }: Owner): string {
  return `${tenantId}/${userId}`;
}

function changedMeanwhile(): AppError {
  return new AppError('memory_changed', 'The memory was changed meanwhile. Read it again and repeat the change.', {
    status: 409,
  });
}

function noModel(): AppError {
  const message =
    'No model is there that could read what was said. Add a key of a provider, or choose userMemory.model.';
  return new AppError('memory_no_model', message, { status: 409 });
}
