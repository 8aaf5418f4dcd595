import type { WorkspaceEntry } from '../contract/sessions.ts';
import type { WorkspaceReader } from '../data/workspace-files.ts';
import type { ContextProvider } from './context-providers.ts';

/** Entries that are looked at, and lines and characters that are told. */
const mostEntries = 1_000;
const mostLines = 150;
const mostChars = 6_000;

/** Folders whose insides say nothing about the work. */
const closed = new Set(['node_modules', '.git', '.venv', 'venv', '__pycache__', '.cache', '.npm', '.mypy_cache']);

/** Tells the agent what lies in its workspace, from outside: no sandbox is started for it. */
export function workspaceContext(workspaces: Pick<WorkspaceReader, 'list'>): ContextProvider {
  return {
    name: 'workspace',
    maxChars: mostChars + 500,
    async provide({ tenantId, sessionId }) {
      const options = { limit: mostEntries, isClosed: (name: string) => closed.has(name) };
      const { entries, isTruncated } = await workspaces.list({ tenantId, sessionId }, options);
      return workspaceTree(entries, isTruncated);
    },
  };
}

/** The tree, what lies higher first when not all of it fits. Undefined when there is nothing. */
export function workspaceTree(entries: readonly WorkspaceEntry[], isTruncated: boolean): string | undefined {
  if (entries.length === 0) return undefined;
  const told = new Set(highest(entries));
  const lines = entries.filter((entry) => told.has(entry)).map(lineOf);
  const isCut = isTruncated || told.size < entries.length;
  return [
    'Files in /workspace as this message came, with sizes in bytes:',
    ...lines,
    ...(isCut ? ['… there is more; look with Glob or Bash.'] : []),
  ].join('\n');
}

function highest(entries: readonly WorkspaceEntry[]): WorkspaceEntry[] {
  let room = mostChars;
  return entries
    .toSorted((a, b) => depthOf(a.path) - depthOf(b.path))
    .slice(0, mostLines)
    .filter((entry) => {
      room -= lineOf(entry).length + 1;
      return room >= 0;
    });
}

function lineOf({ path, type, sizeBytes }: WorkspaceEntry): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  // Programs that nobody trusts chose the names.
  const shown = name.replace(/[\p{Cc}\p{Cf}<>]/gu, '?').slice(0, 200);
  const what = type === 'directory' ? '/' : type === 'file' ? ` (${sizeBytes})` : ` (${type})`;
  return `${'  '.repeat(depthOf(path))}${shown}${what}`;
}

function depthOf(path: string): number {
  return path.split('/').length - 3;
}
