import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { secretNamePattern } from '../contract/secrets.ts';
import { parseEnvFile } from './env-file/parse-env-file.ts';

/** Larger files hold no secret, or too many. */
const maxFileBytes = 262_144;

export interface FileValue {
  value: string;
  /** Absolute. */
  path: string;
  /** When the file was written. */
  changedAt: number;
}

/** Values in files, as they are at that moment. Nothing here throws: a file that cannot be read holds none. */
export interface FileSources {
  /** What `NAME_FILE` points to, as containers get their secrets. Only absolute paths count. */
  named(name: string): FileValue | undefined;
  /** `.env` in the data directory. */
  dotenv(name: string): FileValue | undefined;
  /** Names that `.env` gives values to. */
  dotenvNames(): string[];
}

export function createFileSources(options: {
  dataDir: string;
  environment: (name: string) => string | undefined;
}): FileSources {
  const dotenvPath = path.join(options.dataDir, '.env');
  const dotenvFile = createCachedFile((text) => {
    const values = new Map<string, string>();
    for (const line of parseEnvFile(text)) {
      if (!('name' in line) || !secretNamePattern.test(line.name) || line.hasReference) continue;
      const value = line.value.trim();
      if (value !== '') values.set(line.name, value);
    }
    return values;
  });
  const files = new Map<string, CachedFile<string>>();

  function fileAt(file: string): CachedFile<string> {
    const known = files.get(file) ?? createCachedFile((text) => text.trim());
    files.set(file, known);
    return known;
  }

  return {
    named(name) {
      const file = options.environment(`${name}_FILE`);
      if (file === undefined || !path.isAbsolute(file)) return undefined;
      const found = fileAt(file).read(file);
      return found && found.content !== ''
        ? { value: found.content, path: file, changedAt: found.changedAt }
        : undefined;
    },
    dotenv(name) {
      const found = dotenvFile.read(dotenvPath);
      const value = found?.content.get(name);
      return found && value !== undefined ? { value, path: dotenvPath, changedAt: found.changedAt } : undefined;
    },
    dotenvNames: () => [...(dotenvFile.read(dotenvPath)?.content.keys() ?? [])],
  };
}

interface CachedFile<T> {
  read(file: string): { content: T; changedAt: number } | undefined;
}

/** Parses a file again only when it changed; a look at it takes microseconds. */
function createCachedFile<T>(parse: (text: string) => T): CachedFile<T> {
  let seen: { mark: string; content: T; changedAt: number } | undefined;
  return {
    read(file) {
      try {
        const facts = statSync(file, { throwIfNoEntry: false });
        if (!facts?.isFile() || facts.size > maxFileBytes) return undefined;
        const { ino, size, mtimeMs, ctimeMs } = facts;
        const mark = [ino, size, mtimeMs, ctimeMs].join(' ');
        if (seen?.mark !== mark) seen = { mark, content: parse(readFileSync(file, 'utf8')), changedAt: mtimeMs };
        return seen;
      } catch {
        // Not ours to read, or going away at this moment: then it holds nothing.
        return undefined;
      }
    },
  };
}
