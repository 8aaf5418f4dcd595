import { lstat, opendir } from 'node:fs/promises';
import path from 'node:path';
import type { LeakPlaceKind, LeakRemedy } from '../../contract/leak-sweep.ts';
import { errnoOf } from '../../data/storage-error.ts';
import { isLeftBehind } from '../../data/temporary-name.ts';

/** A file that is looked through. */
export interface FilePlace {
  kind: Exclude<LeakPlaceKind, 'container'>;
  /** Below the data directory, else absolute. */
  place: string;
  /** Absolute. */
  file: string;
  sizeBytes: number;
  tenantId?: string;
  sessionId?: string;
}

/** Encrypted, only hashes, or written by the search itself. */
const neverRead = /^(?:vault\..*|api-tokens\.json|leak-sweep\.json|lock(?:\..*)?|moved(?:-from)?\.json)$/;

export interface PlacesOptions {
  dataDir: string;
  /** Absolute: settings, wherever they lie. */
  configFiles: readonly string[];
  /** Absolute: archives, wherever they lie. */
  archives: readonly string[];
  onUnread(place: string, reason: string): void;
  signal?: AbortSignal | undefined;
}

/**
 * Every file of the data directory, then settings and archives that lie elsewhere. Links are not followed, and what
 * vanishes meanwhile is left out. Nothing is held in memory but the folders on the way.
 */
export async function* filePlaces(options: PlacesOptions): AsyncGenerator<FilePlace> {
  const { dataDir, configFiles, archives, onUnread, signal } = options;
  yield* below('');
  for (const [kind, files] of [
    ['config', configFiles],
    ['backup', archives],
  ] as const) {
    for (const file of files) {
      const relative = path.relative(dataDir, file);
      if (relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative)) continue;
      const sizeBytes = await sizeOf(file);
      if (sizeBytes !== undefined) yield { kind, place: file, file, sizeBytes };
    }
  }

  async function* below(folder: string): AsyncGenerator<FilePlace> {
    signal?.throwIfAborted();
    const names: { name: string; isDirectory: boolean }[] = [];
    try {
      for await (const entry of await opendir(path.join(dataDir, folder))) {
        if (entry.isDirectory() || entry.isFile()) names.push({ name: entry.name, isDirectory: entry.isDirectory() });
      }
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) onUnread(folder, errnoOf(error) ?? 'unreadable');
      return;
    }
    for (const { name, isDirectory } of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const place = folder === '' ? name : `${folder}/${name}`;
      if (isDirectory) yield* below(place);
      else if (!(folder === '' && neverRead.test(name)) && !isLeftBehind(name)) {
        const file = path.join(dataDir, place);
        const sizeBytes = await sizeOf(file);
        if (sizeBytes !== undefined) yield { ...kindOf(place, file), place, file, sizeBytes };
      }
    }
  }

  function kindOf(place: string, file: string): Pick<FilePlace, 'kind' | 'tenantId' | 'sessionId'> {
    if (configFiles.includes(file)) return { kind: 'config' };
    if (archives.includes(file)) return { kind: 'backup' };
    return placeKind(place);
  }
}

/** What a path below the data directory is. */
export function placeKind(place: string): Pick<FilePlace, 'kind' | 'tenantId' | 'sessionId'> {
  const [top = '', second, third, fourth, fifth] = place.split('/');
  if (top === 'logs') return { kind: 'log' };
  if (top === 'agentrail.yaml' || top === '.env') return { kind: 'config' };
  if (top === 'tenants' && second !== undefined) {
    if (third === 'sessions' && fourth !== undefined && fifth !== undefined)
      return { kind: 'session', tenantId: second, sessionId: fourth };
    if (third !== undefined && /^index.*\.sqlite/.test(third)) return { kind: 'index', tenantId: second };
    return { kind: 'data', tenantId: second };
  }
  if (top === 'sandboxes' && second !== undefined && third !== undefined && fourth !== undefined)
    return { kind: 'workspace', tenantId: second, sessionId: third };
  return { kind: 'data' };
}

export const remedies: Record<LeakPlaceKind, LeakRemedy> = {
  log: 'scrub',
  session: 'scrub',
  index: 'scrub',
  workspace: 'edit_file',
  data: 'edit_file',
  config: 'move_to_vault',
  backup: 'remake_backup',
  container: 'destroy_container',
};

async function sizeOf(file: string): Promise<number | undefined> {
  return lstat(file).then(
    (facts) => (facts.isFile() ? facts.size : undefined),
    () => undefined,
  );
}
