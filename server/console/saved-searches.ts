import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type SavedSearch, savedSearchSchema } from '../contract/logs.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { errnoOf } from '../data/storage-error.ts';
import { AppError } from '../lib/app-error.ts';
import { createSerialQueue } from '../lib/serial-queue.ts';

const fileName = 'log-searches.json';
const maxSearches = 100;
const fileSchema = z.object({ version: z.literal(1), searches: z.array(savedSearchSchema) });

/** Searches of the log that people kept, in `{dataDir}/log-searches.json`. */
export interface SavedSearches {
  /** By name. Throws AppError `log_searches_unreadable` when the file is there and cannot be used. */
  list(): Promise<SavedSearch[]>;
  /** Replaces the one of the same name. Throws AppError `too_many_searches` (409). */
  save(search: SavedSearch): Promise<SavedSearch[]>;
  remove(name: string): Promise<SavedSearch[]>;
}

export function createSavedSearches(dataDir: string): SavedSearches {
  const file = path.join(dataDir, fileName);
  const queue = createSerialQueue();

  async function list(): Promise<SavedSearch[]> {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw unreadable(error);
    }
    try {
      return fileSchema.parse(JSON.parse(text)).searches;
    } catch (error) {
      throw unreadable(error);
    }
  }

  function change(make: (searches: SavedSearch[]) => SavedSearch[]): Promise<SavedSearch[]> {
    return queue(async () => {
      const searches = make(await list()).sort((a, b) => a.name.localeCompare(b.name));
      await atomicWriteFile(file, `${JSON.stringify({ version: 1, searches }, null, 2)}\n`);
      return searches;
    });
  }

  return {
    list,
    save: (search) =>
      change((searches) => {
        const others = searches.filter(({ name }) => name !== search.name);
        if (others.length >= maxSearches) {
          throw new AppError('too_many_searches', `At most ${maxSearches} searches are kept. Remove one first.`, {
            status: 409,
          });
        }
        return [...others, search];
      }),
    remove: (name) => change((searches) => searches.filter((search) => search.name !== name)),
  };
}

function unreadable(cause: unknown): AppError {
  return new AppError(
    'log_searches_unreadable',
    `The file ${fileName} in the data directory cannot be read. Repair it or move it away; nothing was changed.`,
    { status: 500, cause },
  );
}
