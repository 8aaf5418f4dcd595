import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { chown, lstat, mkdir, open, readlink, rename, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { mostListed } from '../../contract/workspace-files.ts';
import { createDataLayout } from '../../data/layout.ts';
import { errnoOf } from '../../data/storage-error.ts';
import {
  createWorkspaceReader,
  openPath,
  type WorkspaceReader,
  withFaults,
  workspaceParts,
} from '../../data/workspace-files.ts';
import { AppError } from '../../lib/app-error.ts';
import { toWebStream } from '../../lib/to-web-stream.ts';
import { type CommandUser, leaseWorkspace, type WorkspaceOwner } from '../workspace.ts';
import type { FileTree, ScannedEntry } from './file-tree.ts';

const maxHashedBytes = 16 * 1024 * 1024;
const mostZipped = 200_000;
const unseen = new Set(['.git', '.agentrail']);
const symlinkMode = 0o120777;

export interface FolderFilesOptions {
  /** Absolute. */
  dataDir: string;
  owner: WorkspaceOwner;
  /** Whom what is made belongs to. */
  user: CommandUser;
  /** The program may give files away. */
  givesAway: boolean;
}

/** The files of a workspace that no container has: the folder on this machine, by what programs nobody trusts left there. */
export function createFolderFiles({ dataDir, owner, user, givesAway }: FolderFilesOptions): FileTree {
  const reader = createWorkspaceReader(dataDir);
  const root = createDataLayout(dataDir).sandboxDir(owner.tenantId, owner.sessionId);
  const full = (path: string) => posix.join('/workspace', path);

  /** Folder and name of something in the workspace, reached without passing a link. */
  async function parentOf(path: string) {
    const parts = workspaceParts(`/workspace/${path}`);
    const name = parts.pop();
    if (name === undefined) {
      throw new AppError('invalid_path', 'This cannot be done to the workspace itself.', { status: 400 });
    }
    const folder = await openPath(root, parts, constants.O_DIRECTORY);
    return { place: folder.place(folder.handle), name, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
  }

  async function giveAway(path: string): Promise<void> {
    if (givesAway) await chown(path, user.uid, user.gid);
  }

  async function makeAbove(path: string): Promise<void> {
    await leaseWorkspace(dataDir, owner, user);
    const parts = workspaceParts(`/workspace/${path}`).slice(0, -1);
    for (const [index, part] of parts.entries()) {
      await using folder = await openPath(root, parts.slice(0, index), constants.O_DIRECTORY);
      const made = join(folder.place(folder.handle), part);
      const isNew = await mkdir(made, { mode: 0o755 }).then(() => true, ifExists);
      if (isNew) await giveAway(made);
    }
  }

  async function store(path: string, sizeBytes: number, source: AsyncIterable<Uint8Array>, signal: AbortSignal) {
    await makeAbove(path);
    await using parent = await parentOf(path);
    const there = await lstat(join(parent.place, parent.name)).catch(ifGone);
    if (there?.isDirectory()) {
      throw new AppError('is_directory', 'This is a folder. Choose another name.', { status: 400 });
    }
    const partial = join(parent.place, `.agentrail-${randomUUID()}`);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const handle = await open(partial, flags, 0o600);
    try {
      let written = 0;
      for await (const chunk of source) {
        signal.throwIfAborted();
        await handle.writeFile(chunk);
        written += chunk.byteLength;
      }
      if (written !== sizeBytes) {
        throw new AppError('interrupted', 'The upload ended early. The file is as it was before.', { status: 400 });
      }
      if (givesAway) await handle.chown(user.uid, user.gid);
      await handle.chmod(there?.isFile() ? there.mode & 0o777 : 0o644);
      await rename(partial, join(parent.place, parent.name));
    } catch (fault) {
      await rm(partial, { force: true });
      throw fault;
    } finally {
      await handle.close();
    }
  }

  async function remove(path: string): Promise<void> {
    await using parent = await parentOf(path);
    // Out of everybody's reach in one step; what is removed then nobody can exchange for a link.
    const removed = join(createDataLayout(dataDir).sandboxesDir, '.removed', randomUUID());
    await mkdir(join(removed, '..'), { recursive: true, mode: 0o700 });
    await rename(join(parent.place, parent.name), removed);
    await rm(removed, { recursive: true, force: true, maxRetries: 3 });
  }

  async function move(path: string, to: string): Promise<void> {
    await using parent = await parentOf(path);
    await using target = await parentOf(to);
    const place = join(target.place, target.name);
    if (await lstat(place).catch(ifGone)) {
      throw new AppError('file_exists', `${to} exists already.`, { status: 409 });
    }
    await rename(join(parent.place, parent.name), place);
  }

  async function scan(since: number, limit: number, signal: AbortSignal) {
    const { entries, isTruncated } = await reader.list(owner, { limit, isClosed: (name) => unseen.has(name) });
    const found: ScannedEntry[] = [];
    for (const { path, ...facts } of entries) {
      signal.throwIfAborted();
      const own = path.slice('/workspace/'.length);
      if (unseen.has(posix.basename(own)) && facts.type === 'directory') continue;
      const sha256 = await hashOf(own, facts.type, since);
      found.push({ ...facts, path: own, ...(sha256 !== undefined && { sha256 }) });
    }
    return { entries: found, hasMore: isTruncated };
  }

  async function hashOf(path: string, type: ScannedEntry['type'], since: number): Promise<string | null | undefined> {
    try {
      if (type === 'symlink') {
        await using parent = await parentOf(path);
        return createHash('sha256')
          .update(await readlink(join(parent.place, parent.name)))
          .digest('hex');
      }
      if (type !== 'file') return undefined;
      const { handle } = await reader.open(owner, full(path));
      await using file = handle;
      const { ctimeMs, size } = await file.stat();
      if (ctimeMs < since || size > maxHashedBytes) return undefined;
      const hash = createHash('sha256');
      for await (const chunk of file.createReadStream({ autoClose: false, end: maxHashedBytes })) hash.update(chunk);
      return hash.digest('hex');
    } catch {
      // Gone, exchanged or closed to us meanwhile: nothing is known of what is in it.
      return null;
    }
  }

  return {
    from: 'folder',
    async list(path) {
      const options = { path: full(path), limit: mostListed, isClosed: () => true };
      const { entries, isTruncated } = await reader.list(owner, options);
      const named = entries.map(({ path: own, ...facts }) => ({ name: posix.basename(own), ...facts }));
      return { entries: named, hasMore: isTruncated };
    },
    async fetch(path) {
      const { handle, sizeBytes, modifiedAt } = await reader.open(owner, full(path));
      const content = sizeBytes === 0 ? Readable.from([]) : handle.createReadStream({ end: sizeBytes - 1 });
      if (sizeBytes === 0) await handle.close();
      return { sizeBytes, modifiedAt, body: toWebStream(content) };
    },
    store: (path, sizeBytes, source, signal) => withFaults(() => store(path, sizeBytes, source, signal)),
    makeFolder: (path) =>
      withFaults(async () => {
        await makeAbove(path);
        await using parent = await parentOf(path);
        const made = join(parent.place, parent.name);
        if (!(await mkdir(made, { mode: 0o755 }).then(() => true, ifExists))) {
          throw new AppError('file_exists', `${path} exists already.`, { status: 409 });
        }
        await giveAway(made);
      }),
    remove: (path) => withFaults(() => remove(path)),
    rename: (path, to) => withFaults(() => move(path, to)),
    zip: (path) => zipFolder(reader, owner, full(path)),
    scan,
    watch(onNews, signal) {
      // Nobody works here while no container has it; what a person does, their page knows.
      onNews({ type: 'ready', by: 'polling' });
      return new Promise((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
    },
  };

  async function zipFolder(
    from: WorkspaceReader,
    of: WorkspaceOwner,
    path: string,
  ): Promise<ReadableStream<Uint8Array>> {
    const { entries } = await from.list(of, { path, limit: mostZipped });
    const zip = new ZipFile();
    for (const entry of entries) {
      const name = entry.path.slice(path.length).replace(/^\//, '');
      const mtime = new Date(entry.modifiedAt);
      if (entry.type === 'directory') {
        zip.addEmptyDirectory(name, { mtime });
      } else if (entry.type === 'file') {
        zip.addReadStreamLazy(name, { mtime }, (give) => {
          from.open(of, entry.path).then(
            ({ handle }) => give(null, handle.createReadStream()),
            // Gone meanwhile: an empty file tells more than no archive at all.
            () => give(null, Readable.from([])),
          );
        });
      } else if (entry.type === 'symlink') {
        await using parent = await parentOf(entry.path.slice('/workspace/'.length));
        const target = await readlink(join(parent.place, parent.name)).catch(() => '');
        zip.addBuffer(Buffer.from(target), name, { mtime, mode: symlinkMode });
      }
    }
    zip.end();
    return toWebStream(zip.outputStream as Readable);
  }
}

function ifGone(fault: unknown): undefined {
  if (errnoOf(fault) !== 'ENOENT') throw fault;
}

function ifExists(fault: unknown): false {
  if (errnoOf(fault) !== 'EEXIST') throw fault;
  return false;
}
