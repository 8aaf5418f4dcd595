import { createHash } from 'node:crypto';
import { open, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { idSchema, type Owner } from '../contract/ids.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { makeFoldersBelow } from '../data/folders.ts';
import { isPresent } from '../data/is-present.ts';
import type { DataLayout } from '../data/layout.ts';
import { errnoOf, toStorageError } from '../data/storage-error.ts';
import { createSerialQueue } from '../lib/serial-queue.ts';

/** More of a file that somebody made by hand is not read. */
const mostBytes = 262_144;

const stateSchema = z.object({
  enabled: z.boolean().default(true),
  /** What was said until then has been considered. */
  through: z.number().default(0),
  updatedAt: z.number().exactOptional(),
});
type State = z.infer<typeof stateSchema>;

export interface KeptMemory extends State {
  text: string;
  revision: string;
}

export interface MemoryFiles {
  /** Of whom something is kept here, in no order. */
  owners(): Promise<Owner[]>;
  read(owner: Owner): Promise<KeptMemory>;
  /**
   * Writes what `change` makes of what is there; undefined leaves it. One at a time for each user, so nothing comes
   * between reading and writing.
   */
  update(
    owner: Owner,
    change: (kept: KeptMemory) => Partial<State & { text: string }> | undefined,
  ): Promise<KeptMemory>;
}

/** `USER.md` of each user, as people may edit it, and beside it what the program knows of it. */
export function createMemoryFiles(layout: DataLayout): MemoryFiles {
  const queues = new Map<string, { queue: ReturnType<typeof createSerialQueue>; waiting: number }>();
  const stateFile = ({ tenantId, userId }: Owner) =>
    path.join(path.dirname(layout.userMemoryFile(tenantId, userId)), 'memory.json');

  async function read(owner: Owner): Promise<KeptMemory> {
    try {
      const text = (await readText(layout.userMemoryFile(owner.tenantId, owner.userId))) ?? '';
      const state = parseState(await readText(stateFile(owner)));
      return { ...state, text, revision: revisionOf(text) };
    } catch (error) {
      throw toStorageError(error);
    }
  }

  async function write(owner: Owner, before: KeptMemory, after: State & { text: string }): Promise<void> {
    const file = layout.userMemoryFile(owner.tenantId, owner.userId);
    try {
      await makeFoldersBelow(layout.dataDir, path.dirname(file));
      // The text first: what is considered twice does no harm, what is never considered is lost.
      if (after.text !== before.text) {
        if (after.text === '') await rm(file, { force: true });
        else await atomicWriteFile(file, after.text);
      }
      const { enabled, through, updatedAt } = after;
      await atomicWriteFile(
        stateFile(owner),
        `${JSON.stringify({ enabled, through, ...(updatedAt !== undefined && { updatedAt }) })}\n`,
      );
    } catch (error) {
      throw toStorageError(error);
    }
  }

  async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const entry = queues.get(key) ?? { queue: createSerialQueue(), waiting: 0 };
    queues.set(key, entry);
    entry.waiting += 1;
    try {
      return await entry.queue(work);
    } finally {
      entry.waiting -= 1;
      if (entry.waiting === 0) queues.delete(key);
    }
  }

  return {
    async owners() {
      try {
        const found: Owner[] = [];
        for (const tenantId of await idsIn(layout.tenantsDir)) {
          const users = path.join(layout.tenantDir(tenantId), 'users');
          for (const userId of await idsIn(users)) {
            const owner = { tenantId, userId };
            if (isPresent(layout.userMemoryFile(tenantId, userId)) || isPresent(stateFile(owner))) found.push(owner);
          }
        }
        return found;
      } catch (error) {
        throw toStorageError(error);
      }
    },
    read,
    update: (owner, change) =>
      inTurn(`${owner.tenantId}/${owner.userId}`, async () => {
        const before = await read(owner);
        const changed = change(before);
        if (!changed) return before;
        const after = { ...before, ...changed };
        await write(owner, before, after);
        return { ...after, revision: revisionOf(after.text) };
      }),
  };
}

/** Folders of another name are nobody's. */
async function idsIn(dir: string): Promise<string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    return entries
      .filter((each) => each.isDirectory() && idSchema.safeParse(each.name).success)
      .map(({ name }) => name);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function readText(file: string): Promise<string | undefined> {
  if (!isPresent(file)) return undefined;
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      if (size <= mostBytes) return await readFile(handle, 'utf8');
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(mostBytes), 0, mostBytes, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** One that cannot be read counts as none, but for the wish to be forgotten, which nobody may lose by it. */
function parseState(text: string | undefined): State {
  if (text === undefined) return stateSchema.parse({});
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch {
    return { enabled: !/"enabled"\s*:\s*false/.test(text), through: 0 };
  }
}

function revisionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
