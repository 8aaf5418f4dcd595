import { createTwoFilesPatch } from 'diff';
import type { FileDifference, WorkspaceChange } from '../../contract/workspace-files.ts';
import type { NotedEntry, WorkspaceStart } from '../../data/workspace-start.ts';
import type { FileTree, ScannedEntry } from './file-tree.ts';
import { readText } from './read-text.ts';
import { mostTextOfOne } from './session-start.ts';

const diffBoundMs = 1500;
const contextLines = 3;

/** What differs between then and now, by path. Folders count only when they are new or gone. */
export function compareTrees(start: WorkspaceStart['entries'], now: readonly ScannedEntry[]): WorkspaceChange[] {
  const changes: WorkspaceChange[] = [];
  const seen = new Set<string>();
  for (const entry of now) {
    const { path, type, sizeBytes } = entry;
    seen.add(path);
    const before = Object.hasOwn(start, path) ? start[path] : undefined;
    if (!before) changes.push({ path, change: 'added', type, sizeBytes });
    else if (isChanged(before, entry)) {
      changes.push({ path, change: 'changed', type, sizeBytes, beforeBytes: before.sizeBytes });
    }
  }
  for (const [path, { type, sizeBytes }] of Object.entries(start)) {
    if (!seen.has(path)) changes.push({ path, change: 'removed', type, beforeBytes: sizeBytes });
  }
  return changes.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** A hash decides where there are two; times can be set by whoever wrote the file. */
function isChanged(before: NotedEntry, now: ScannedEntry): boolean {
  if (before.type !== now.type) return true;
  if (now.type === 'directory') return false;
  if (before.sizeBytes !== now.sizeBytes) return true;
  if (typeof before.sha256 === 'string' && typeof now.sha256 === 'string') return before.sha256 !== now.sha256;
  return before.modifiedAt !== now.modifiedAt;
}

/** How one file differs, line by line. */
export async function describeChange(
  files: FileTree,
  start: WorkspaceStart,
  path: string,
  signal: AbortSignal,
): Promise<FileDifference> {
  const before = Object.hasOwn(start.entries, path) ? start.entries[path] : undefined;
  const now = await factsOf(files, path, signal);
  if ((now && now.type !== 'file') || (before && before.type !== 'file')) return { path, reason: 'not_a_file' };
  if (Math.max(now?.sizeBytes ?? 0, before?.sizeBytes ?? 0) > mostTextOfOne) return { path, reason: 'too_large' };
  const after = now ? await readText(files, path, mostTextOfOne, signal) : '';
  if (after === undefined) return { path, reason: 'binary' };
  if (before && before.text === undefined) return { path, reason: 'not_kept' };
  const [from, to] = [before ? `a/${path}` : '/dev/null', now ? `b/${path}` : '/dev/null'];
  const options = { context: contextLines, timeout: diffBoundMs };
  const patch = createTwoFilesPatch(from, to, before?.text ?? '', after, undefined, undefined, options);
  return patch === undefined ? { path, reason: 'too_large' } : { path, patch };
}

async function factsOf(files: FileTree, path: string, signal: AbortSignal) {
  const at = path.lastIndexOf('/');
  const { entries } = await files.list(at === -1 ? '.' : path.slice(0, at), signal).catch(() => ({ entries: [] }));
  return entries.find(({ name }) => name === path.slice(at + 1));
}
