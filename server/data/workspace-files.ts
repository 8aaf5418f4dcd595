import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { WorkspaceEntry } from '../contract/sessions.ts';
import { AppError } from '../lib/app-error.ts';
import { isPresent } from './is-present.ts';
import { createDataLayout } from './layout.ts';
import { errnoOf, toStorageError } from './storage-error.ts';

const maxDepth = 16;
const defaultLimit = 5000;
/** macOS: refuses a link in any part of the path. */
const noFollowAny = 0x2000_0000;

interface Workspace {
  tenantId: string;
  sessionId: string;
}

interface ListOptions {
  path?: string;
  limit?: number;
  /** A folder of this name is listed, and not what is in it. */
  isClosed?(name: string): boolean;
}

export interface WorkspaceListing {
  /** Folders before what is in them, by name. */
  entries: WorkspaceEntry[];
  /** There is more than was asked for, or deeper than is looked. */
  isTruncated: boolean;
}

export interface WorkspaceFile {
  handle: FileHandle;
  sizeBytes: number;
  modifiedAt: number;
}

/**
 * Reads the folders that sandboxes work in, from outside. What is in them was made by programs nobody trusts, at any
 * moment: no link is ever followed, and only plain files are opened.
 */
export interface WorkspaceReader {
  /** Empty when the session has none. Throws `path_outside_workspace` (400), `file_not_found` (404). */
  list(workspace: Workspace, options?: ListOptions): Promise<WorkspaceListing>;
  /** Whoever gets the file closes its handle. Throws as `list`, and `not_a_file` (400). */
  open(workspace: Workspace, file: string): Promise<WorkspaceFile>;
}

/** A command may have put a secret into the name of a file: its listing does not tell it. Its content is the person's. */
export function redactNames(reader: WorkspaceReader, redact: (text: string) => string): WorkspaceReader {
  return {
    ...reader,
    async list(workspace, options) {
      const { entries, isTruncated } = await reader.list(workspace, options);
      return { entries: entries.map((entry) => ({ ...entry, path: redact(entry.path) })), isTruncated };
    },
  };
}

export function createWorkspaceReader(dataDir: string): WorkspaceReader {
  const layout = createDataLayout(dataDir);

  async function list({ tenantId, sessionId }: Workspace, options: ListOptions) {
    const parts = workspaceParts(options.path ?? '/workspace');
    const listing: WorkspaceListing = { entries: [], isTruncated: false };
    const limit = options.limit ?? defaultLimit;
    const root = layout.sandboxDir(tenantId, sessionId);
    if (parts.length === 0 && !(await isThere(root))) return listing;
    await using folder = await openPath(root, parts, constants.O_DIRECTORY);
    await addEntries(folder, `/workspace/${parts.join('/')}`.replace(/\/$/, ''), 0);
    return listing;

    async function addEntries({ handle, place }: OpenedPath, at: string, depth: number): Promise<void> {
      const names = await readdir(place(handle), { withFileTypes: true });
      for (const entry of names.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
        if (listing.entries.length >= limit) {
          listing.isTruncated = true;
          return;
        }
        const found = await ignoreGone(lstat(path.join(place(handle), entry.name)));
        if (found === undefined) continue;
        const type = found.isFile()
          ? 'file'
          : found.isDirectory()
            ? 'directory'
            : found.isSymbolicLink()
              ? 'symlink'
              : 'other';
        const own = `${at}/${entry.name}`;
        listing.entries.push({
          path: own,
          type,
          sizeBytes: type === 'file' ? found.size : 0,
          modifiedAt: Math.round(found.mtimeMs),
        });
        if (type !== 'directory' || options.isClosed?.(entry.name)) continue;
        if (depth + 1 >= maxDepth) {
          listing.isTruncated = true;
          continue;
        }
        const inner = await ignoreGone(openIn(place(handle), entry.name));
        if (inner === undefined) continue;
        await using opened = inner;
        await addEntries(opened, own, depth + 1);
      }
    }
  }

  async function openFile({ tenantId, sessionId }: Workspace, file: string): Promise<WorkspaceFile> {
    const parts = workspaceParts(file);
    if (parts.length === 0) throw notAFile();
    const { handle } = await openPath(layout.sandboxDir(tenantId, sessionId), parts, 0);
    const found = await handle.stat();
    if (found.isFile()) return { handle, sizeBytes: found.size, modifiedAt: Math.round(found.mtimeMs) };
    await handle.close();
    throw notAFile();
  }

  return {
    list: (workspace, options = {}) => withFaults(() => list(workspace, options)),
    open: (workspace, file) => withFaults(() => openFile(workspace, file)),
  };
}

export interface OpenedPath extends AsyncDisposable {
  handle: FileHandle;
  /** Where the opened folder is, whatever its name leads to by now. */
  place(handle: FileHandle): string;
}

/** Opens what lies below `root` without passing a link; the root itself is not in anybody's hands. */
export async function openPath(root: string, parts: readonly string[], flags: number): Promise<OpenedPath> {
  if (process.platform === 'linux') return openByParts(root, parts, flags);
  return openChecked(root, parts, flags);
}

/**
 * Each part is opened in the folder that is open already, so that nothing done to the names meanwhile matters: through
 * /proc, as Node knows no `openat`.
 */
async function openByParts(root: string, parts: readonly string[], flags: number): Promise<OpenedPath> {
  const place = (handle: FileHandle): string => `/proc/self/fd/${handle.fd}`;
  let handle = await openPlain(root, parts.length === 0 ? flags : constants.O_DIRECTORY);
  for (const [index, part] of parts.entries()) {
    const folder = handle;
    try {
      const isLast = index === parts.length - 1;
      handle = await openPlain(path.join(place(folder), part), isLast ? flags : constants.O_DIRECTORY);
    } finally {
      await folder.close();
    }
  }
  return opened(handle, place);
}

/** A folder in one that is open. */
async function openIn(folder: string, name: string): Promise<OpenedPath> {
  if (process.platform !== 'linux') return openChecked(folder, [name], constants.O_DIRECTORY);
  const handle = await openPlain(path.join(folder, name), constants.O_DIRECTORY);
  return opened(handle, ({ fd }) => `/proc/self/fd/${fd}`);
}

/** Where folders cannot be opened one in the other: macOS refuses links itself, elsewhere the path is looked at twice. */
async function openChecked(root: string, parts: readonly string[], flags: number): Promise<OpenedPath> {
  const file = path.join(await realpath(root), ...parts);
  await refuseLinks(file);
  const handle = await openPlain(file, process.platform === 'darwin' ? flags | noFollowAny : flags);
  try {
    await refuseLinks(file);
    const [here, there] = await Promise.all([handle.stat({ bigint: true }), lstat(file, { bigint: true })]);
    if (here.ino !== there.ino || here.dev !== there.dev) throw outside();
    return opened(handle, () => file);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function refuseLinks(file: string): Promise<void> {
  if ((await realpath(file)) !== file) throw outside();
}

function opened(handle: FileHandle, place: (handle: FileHandle) => string): OpenedPath {
  return { handle, place, [Symbol.asyncDispose]: () => handle.close() };
}

/** Never waits for a pipe to be written to. */
function openPlain(file: string, flags: number): Promise<FileHandle> {
  return open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | flags);
}

/** The names below `/workspace` that a path consists of. Throws `path_outside_workspace` (400). */
export function workspaceParts(file: string): string[] {
  const [first, root, ...rest] = file.split('/');
  if (first !== '' || root !== 'workspace' || file.includes('\0') || file.length > 4096) throw outside();
  const parts = rest.filter((part) => part !== '' && part !== '.');
  const isEscape = (part: string): boolean => part === '..' || (path.sep === '\\' && /[\\:]/.test(part));
  if (parts.some(isEscape)) throw outside();
  return parts;
}

export async function withFaults<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    switch (errnoOf(error)) {
      case 'ENOENT':
      case 'ENAMETOOLONG':
        throw new AppError('file_not_found', 'There is no such file in the workspace.', { status: 404, cause: error });
      // A link where a folder or a file was asked for; Linux says ENOTDIR when a folder was.
      case 'ELOOP':
      case 'EMLINK':
        throw outside(error);
      case 'ENOTDIR':
        throw new AppError('file_not_found', 'This is no folder, or a link, which is not followed.', {
          status: 404,
          cause: error,
        });
      case 'ENXIO':
      case 'EISDIR':
        throw notAFile(error);
      case 'EACCES':
        throw new AppError('file_unreadable', 'The sandbox keeps this file to itself. Change its rights inside.', {
          status: 403,
          cause: error,
        });
      default:
        throw toStorageError(error);
    }
  }
}

async function isThere(folder: string): Promise<boolean> {
  return isPresent(folder) && (await ignoreGone(lstat(folder))) !== undefined;
}

/** Removed or replaced while we looked. */
async function ignoreGone<T>(asking: Promise<T>): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

function outside(cause?: unknown): AppError {
  const message = 'Only files below /workspace can be read, and links are not followed.';
  return new AppError('path_outside_workspace', message, { status: 400, cause });
}

function notAFile(cause?: unknown): AppError {
  return new AppError('not_a_file', 'This is not a plain file.', { status: 400, cause });
}
