import type { SessionKey } from '../../contract/ids.ts';
import { messageOf } from '../../lib/app-error.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { KeyedQueue } from '../../sessions/keyed-queue.ts';
import { type AgentrailSessionStore, type MemoryDocumentName, memoryDocumentNames } from '../../sessions/store.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { mergeMemo } from './merge-memo.ts';

/** Where a sandbox finds the session's documents. It lies in the container's memory, never on this machine. */
export const memoFolder = '/memo';
/** Of one document. What is larger stays in the sandbox. */
const mostBytes = 131_072;
const mostChars = 100_000;

export interface SessionMemoOptions {
  store: Pick<AgentrailSessionStore, 'readMemory' | 'writeMemory'>;
  /** Shared with whatever else changes the documents, by `tenant/session`. */
  queue: KeyedQueue;
  redact(text: string): string;
  logger: Logger;
}

/** What one document was when it was last the same on both sides. */
interface Known {
  text: string;
  /** Size and time of the file inside then; undefined: it was not there. */
  stamp: string | undefined;
}

type MemoSandbox = Pick<Sandbox, 'stat' | 'readFile' | 'writeFile'>;

/** Shows the session's NOTES.md and TODO.md in its sandbox as files, and keeps what commands write there. */
export interface SessionMemo {
  /**
   * The sandbox with the documents in it as they are now. After each command what it changed there is in the store, and
   * the other way round. Never rejects: without its documents a sandbox is still one.
   */
  bring(key: SessionKey, sandbox: Sandbox): Promise<Sandbox>;
}

/** Copies through the sandbox's own agent: no mount, so nothing inside can lead a write astray on this machine. */
export function createSessionMemo({ store, queue, redact, logger }: SessionMemoOptions): SessionMemo {
  const known = new WeakMap<object, Map<MemoryDocumentName, Known>>();

  async function sync(key: SessionKey, sandbox: MemoSandbox): Promise<void> {
    const states = known.get(sandbox) ?? new Map<MemoryDocumentName, Known>();
    known.set(sandbox, states);
    await queue.run(`${key.tenantId}/${key.sessionId}`, async () => {
      for (const name of memoryDocumentNames) {
        try {
          states.set(name, await syncOne(key, sandbox, name, states.get(name)));
        } catch (error) {
          const { tenantId, sessionId } = key;
          logger.warn(`${name} and ${memoFolder} differ: ${messageOf(error)}`, { tenantId, sessionId });
        }
      }
    });
  }

  async function syncOne(
    key: SessionKey,
    sandbox: MemoSandbox,
    name: MemoryDocumentName,
    before: Known = { text: '', stamp: undefined },
  ): Promise<Known> {
    const file = `${memoFolder}/${name}`;
    const stored = await store.readMemory(key, name);
    const found = await sandbox.stat(file);
    // A link or a folder leads elsewhere: it is neither read nor written.
    if (found && found.type !== 'file') return before;
    const stamp = found && `${found.sizeBytes} ${found.modifiedAt}`;
    const inside = stamp === before.stamp || !found ? before.text : await readText(sandbox, file);
    if (inside === undefined) return { ...before, stamp };
    // A document that was deleted inside comes back: it is emptied by writing nothing to it.
    const wanted = redact(inside === before.text ? stored : merged(name, before.text, inside, stored));
    if (wanted.length > mostChars) {
      logger.warn(`${file} is too long to be kept; the notes stay as they are.`, { sessionId: key.sessionId });
      return { ...before, stamp };
    }
    if (wanted !== stored) await store.writeMemory(key, name, wanted);
    if (wanted === inside && (found || wanted === '')) return { text: wanted, stamp };
    await sandbox.writeFile(file, Buffer.from(wanted));
    const written = await sandbox.stat(file);
    return { text: wanted, stamp: written && `${written.sizeBytes} ${written.modifiedAt}` };
  }

  async function readText(sandbox: MemoSandbox, file: string): Promise<string | undefined> {
    const bytes = Buffer.from(await sandbox.readFile(file, { maxBytes: mostBytes }));
    return bytes.includes(0) ? undefined : bytes.toString('utf8').toWellFormed();
  }

  return {
    async bring(key, sandbox) {
      await sync(key, sandbox);
      const settle = () => sync(key, sandbox);
      const own: Pick<Sandbox, 'exec' | 'writeFile'> = {
        async exec(request) {
          const result = await sandbox.exec(request);
          if (result.endedBy === 'lost') return result;
          const settled = settle();
          // Whoever aborted does not wait for it.
          if (!request.signal?.aborted) await settled;
          return result;
        },
        async writeFile(path, data, options) {
          await sandbox.writeFile(path, data, options);
          if (path.startsWith(`${memoFolder}/`)) await settle();
        },
      };
      return Object.assign(Object.create(sandbox) as Sandbox, own);
    },
  };
}

/** The list of steps is written whole each time: the one in the store is the later one. */
function merged(name: MemoryDocumentName, base: string, inside: string, stored: string): string {
  return name === 'TODO.md' && stored !== base ? stored : mergeMemo(base, inside, stored);
}
