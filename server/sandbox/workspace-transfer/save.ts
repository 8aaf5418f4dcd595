import { constants } from 'node:fs';
import { chmod, type FileHandle, lchown, mkdir, open, symlink, unlink, utimes } from 'node:fs/promises';
import { sandboxFault } from '../faults.ts';
import type { AgentClient } from '../wire/agent-client.ts';
import { batchesOf, type Range } from './batches.ts';
import { parseListing, type WorkspaceEntry } from './entries.ts';
import { join } from './fill.ts';
import { encodeHeader, runInside } from './run-inside.ts';

const maxListingBytes = 64 * 1024 * 1024;
const missing = 0xffffffff;
const unreadable = 0xfffffffe;

export interface SaveOptions {
  /** New and empty; nothing else writes it. */
  folder: string;
  /** Of all files together; more is refused, because it would have to fit on this machine. */
  maxBytes: number;
  /** Who is to own the files; undefined: whoever runs this. */
  owner: { uid: number; gid: number } | undefined;
}

/**
 * Copies the workspace of a sandbox into a folder of this machine. Links are made after everything else, so nothing is
 * ever written through one. Throws `workspace_not_saved` or `workspace_too_large`; then what lies there is of no use.
 */
export async function saveFromSandbox(agent: AgentClient, { folder, maxBytes, owner }: SaveOptions): Promise<void> {
  const listing = await runInside(agent, { op: 'list', maxOutputBytes: maxListingBytes }, 'workspace_not_saved');
  const entries = parseListing(listing.toString('utf8'));
  if (entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > maxBytes) {
    throw sandboxFault('workspace_too_large');
  }
  const root = Buffer.from(folder);
  const own = async (path: Buffer) => owner && lchown(path, owner.uid, owner.gid);
  const folders = entries.filter(({ type }) => type === 'd');
  for (const { path } of folders) {
    await mkdir(join(root, path), { mode: 0o700 });
  }
  await saveFiles(agent, root, entries, own);
  for (const { path, target } of entries.filter(({ type }) => type === 'l')) {
    await symlink(target ?? Buffer.alloc(0), join(root, path));
    await own(join(root, path));
  }
  for (const { path, mode } of folders.reverse()) {
    await chmod(join(root, path), mode | 0o700);
    await own(join(root, path));
  }
  await own(root);
}

async function saveFiles(
  agent: AgentClient,
  root: Buffer,
  entries: WorkspaceEntry[],
  own: (path: Buffer) => Promise<unknown>,
): Promise<void> {
  let file: { entry: WorkspaceEntry; handle: FileHandle } | undefined;
  const gone = new Set<WorkspaceEntry>();
  try {
    for (const batch of batchesOf(entries.filter(({ type }) => type === 'f'))) {
      const parts = await getParts(agent, batch);
      for (const [at, range] of batch.entries()) {
        const { entry, offset, isLast } = range;
        const path = join(root, entry.path);
        if (file?.entry !== entry) {
          file = { entry, handle: await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600) };
        }
        const part = parts[at];
        if (part === undefined) {
          gone.add(entry);
        } else {
          await file.handle.write(part, 0, part.length, offset);
        }
        if (isLast) {
          await file.handle.close();
          file = undefined;
          // Deleted while we read: so it is not there any more.
          await (gone.has(entry) ? unlink(path) : finish(path, entry, own));
        }
      }
    }
  } finally {
    await file?.handle.close();
  }
}

async function finish(path: Buffer, entry: WorkspaceEntry, own: (path: Buffer) => Promise<unknown>): Promise<void> {
  await utimes(path, entry.modifiedAt / 1000, entry.modifiedAt / 1000);
  await chmod(path, entry.mode);
  await own(path);
}

/** The bytes of each range, fewer where a file has become shorter; undefined where it is gone. */
async function getParts(agent: AgentClient, batch: Range<WorkspaceEntry>[]): Promise<(Buffer | undefined)[]> {
  const asked = batch.map(({ entry, offset, length }) => [entry.path.toString('base64'), offset, length]);
  const maxOutputBytes = batch.reduce((sum, { length }) => sum + length + 4, 0);
  const data = await runInside(agent, { op: 'get', input: encodeHeader(asked), maxOutputBytes }, 'workspace_not_saved');
  let at = 0;
  return batch.map(({ length }) => {
    const size = at + 4 <= data.length ? data.readUInt32BE(at) : unreadable;
    at += 4;
    if (size === missing) {
      return undefined;
    }
    if (size > length || at + size > data.length) {
      throw sandboxFault('workspace_not_saved', { said: 'A file cannot be read, or is not what was asked for.' });
    }
    at += size;
    return data.subarray(at - size, at);
  });
}
