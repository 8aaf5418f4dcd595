import { AppError } from '../../lib/app-error.ts';
import type { ExecResult, Sandbox } from '../../sandbox/sandbox.ts';
import { orAborted } from './or-aborted.ts';

/** Paths below /workspace and what changes with their content. */
type Listing = Map<string, string>;

/** What a piece of code did to /workspace; absent when that could not be found out. */
export interface ChangedFiles {
  changedFiles?: { path: string; change: 'created' | 'modified' | 'deleted' }[];
  /** More files changed than are listed. */
  hasMoreChanges?: boolean;
}

const maxListed = 200;

// Change time and size: content cannot change without the former, whatever a program does to the modification time.
const findFiles = [
  'find . -type d ( -name .agentrail -o -name .git -o -name node_modules -o -name .venv -o -name __pycache__ ) -prune -o'.split(
    ' ',
  ),
  ['-type', 'f', '-printf', '%C@ %s %P\\0'],
].flat();

/** Undefined when the sandbox has no GNU find or the files are too many: the list is a courtesy. */
export async function listWorkspace(sandbox: Sandbox, signal: AbortSignal): Promise<Listing | undefined> {
  const result = await find(sandbox, signal);
  if (result?.exitCode !== 0 || result.truncatedBytes > 0) return undefined;
  const files: Listing = new Map();
  for (const record of new TextDecoder().decode(result.stdout).split('\0').slice(0, -1)) {
    const [time = '', size = ''] = record.split(' ', 2);
    files.set(record.slice(time.length + size.length + 2), `${time} ${size}`);
  }
  return files;
}

async function find(sandbox: Sandbox, signal: AbortSignal): Promise<ExecResult | undefined> {
  try {
    const listing = sandbox.exec({ command: findFiles, cwd: '/workspace', timeoutMs: 10_000, signal });
    return await orAborted(listing, signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof AppError)) throw error;
    return undefined;
  }
}

export function whatChanged(before: Listing | undefined, after: Listing | undefined): ChangedFiles {
  if (before === undefined || after === undefined) return {};
  const changes: ChangedFiles['changedFiles'] = [];
  for (const [path, stamp] of after) {
    if (!before.has(path)) changes.push({ path, change: 'created' });
    else if (before.get(path) !== stamp) changes.push({ path, change: 'modified' });
  }
  for (const path of before.keys()) if (!after.has(path)) changes.push({ path, change: 'deleted' });
  return { changedFiles: changes.slice(0, maxListed), ...(changes.length > maxListed ? { hasMoreChanges: true } : {}) };
}
