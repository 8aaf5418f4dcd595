import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { z } from 'zod';

/**
 * A small file of the window's own, beside the data directory. Nothing in it is worth an error: what cannot be read is as
 * if it were not there, and what cannot be written is said once on the terminal.
 */
export interface OwnFile<T> {
  read(): T | undefined;
  write(value: T): void;
}

export function openOwnFile<T>(file: string, schema: z.ZodType<T>, what: string): OwnFile<T> {
  return {
    read() {
      try {
        return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
      } catch {
        return undefined;
      }
    },
    write(value) {
      try {
        writeFileSync(`${file}.new`, JSON.stringify(value), { mode: 0o600 });
        renameSync(`${file}.new`, file);
      } catch (error) {
        console.error(`${what} was not saved: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
  };
}
