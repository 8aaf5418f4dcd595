import { opendir } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf } from '../storage-error.ts';

/** Made anew from the rest. */
const rebuildable = /^index.*\.sqlite(-wal|-shm|-journal)?$/;
/** Below the data directory: who owns it, its console socket, what is on its way in, backups, and signed-in browsers. */
const neverTaken = new Set([
  'lock',
  'incoming',
  'backups',
  'sandboxes',
  'console-sessions.json',
  'run',
  'moved.json',
  'moved-from.json',
  'next-place.json',
  'size-history.json',
  'backup-record.json',
  'next-reset.json',
]);
const secretFile = /^(vault\..*|api-tokens\.json)$/;
/** In a session: what is written first comes first, so that nothing that is named in a file is missing beside it. */
const sessionOrder = ['session.jsonl', 'messages.jsonl'];

export interface ChosenOptions {
  workspaces: boolean;
  /** Told of what cannot be looked into. */
  onUnreadable?(path: string): void;
}

/** What a backup holds beside secrets: paths relative to the data directory, with `/`. Links are nobody's data. */
export async function* chosenFiles(dataDir: string, options: ChosenOptions): AsyncGenerator<string> {
  const { workspaces, onUnreadable = () => undefined } = options;
  for (const entry of await entriesIn('', isTaken)) {
    if (entry.isDirectory) yield* below(entry.name, isKept);
    else yield entry.name;
  }
  // Names that begin with a dot in `sandboxes` are the pool and what is on its way out; in a workspace they are files.
  if (workspaces) {
    for (const entry of await entriesIn('sandboxes', isVisible)) {
      if (entry.isDirectory) yield* below(`sandboxes/${entry.name}`, () => true);
    }
  }

  async function* below(folder: string, isWanted: (name: string) => boolean): AsyncGenerator<string> {
    for (const { name, isDirectory } of await entriesIn(folder, isWanted)) {
      const at = `${folder}/${name}`;
      if (isDirectory) yield* below(at, isWanted);
      else yield at;
    }
  }

  async function entriesIn(folder: string, isWanted: (name: string) => boolean): Promise<Found[]> {
    const found: Found[] = [];
    try {
      for await (const entry of await opendir(path.join(dataDir, folder))) {
        if (isWanted(entry.name) && (entry.isDirectory() || entry.isFile()))
          found.push({ name: entry.name, isDirectory: entry.isDirectory() });
      }
    } catch (error) {
      // The data directory itself must be there; what is below may be deleted at any moment.
      if (folder === '') throw error;
      if (!['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) onUnreadable(folder);
    }
    return found.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  }
}

/** The files of the data directory that only a sealed part of an archive may hold. */
export async function secretFiles(dataDir: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of await opendir(dataDir)) {
    if (entry.isFile() && secretFile.test(entry.name)) names.push(entry.name);
  }
  return names.sort();
}

export function isSecretFile(name: string): boolean {
  return secretFile.test(name);
}

interface Found {
  name: string;
  isDirectory: boolean;
}

function rank({ name }: Found): number {
  const at = sessionOrder.indexOf(name);
  return at < 0 ? sessionOrder.length : at;
}

function isVisible(name: string): boolean {
  return !name.startsWith('.');
}

function isKept(name: string): boolean {
  return isVisible(name) && !rebuildable.test(name);
}

function isTaken(name: string): boolean {
  return isVisible(name) && !neverTaken.has(name) && !name.startsWith('lock.') && !secretFile.test(name);
}
