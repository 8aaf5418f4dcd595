import { createHash } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { chmod, lchown, lstat, mkdir, open, opendir, readlink, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import type { CopyStep } from '../../contract/backups.ts';
import { AppError } from '../../lib/app-error.ts';
import { syncFolder } from '../folders.ts';
import { errnoOf } from '../storage-error.ts';

const pieceBytes = 1024 * 1024;
/** Who owns it, what is on its way in, what is made anew, and marks of moves. */
const leftAlone = new Set([
  'lock',
  'run',
  'incoming',
  'moved.json',
  'moved-from.json',
  '.moving.json',
  'next-place.json',
]);
const rebuildable = /^index.*\.sqlite(-wal|-shm|-journal)?$/;

interface Copied {
  /** Tells whether the source changed since. */
  mark: string;
  sizeBytes: number;
  /** Absent: a link. */
  sha256?: string;
}

export interface TreeCopyOptions {
  from: string;
  to: string;
  onStep(step: CopyStep): void;
  signal?: AbortSignal;
}

/** A copy of a folder that can be brought up to date again and again, until nobody writes any more. */
export interface TreeCopy {
  /** Files and bytes that are to be copied. */
  look(): Promise<{ files: number; totalBytes: number }>;
  /** Copies what is new or changed, and removes what is gone. Throws the disk's error and the signal's reason. */
  update(): Promise<void>;
  /** Reads every copy and compares. Throws AppError `move_damaged` (503). */
  verify(): Promise<{ files: number; totalBytes: number }>;
}

export function createTreeCopy({ from, to, onStep, signal }: TreeCopyOptions): TreeCopy {
  const copied = new Map<string, Copied>();
  let total = 0;

  async function* walk(
    folder = '',
  ): AsyncGenerator<{ name: string; kind: 'folder' | 'file' | 'link'; at: BigIntStats }> {
    const names: string[] = [];
    try {
      for await (const entry of await opendir(path.join(from, folder))) names.push(entry.name);
    } catch (error) {
      if (folder === '' || errnoOf(error) !== 'ENOENT') throw error;
    }
    for (const each of names.sort()) {
      signal?.throwIfAborted();
      if (folder === '' && (leftAlone.has(each) || each.startsWith('lock.'))) continue;
      if (rebuildable.test(each) && !folder.startsWith('sandboxes')) continue;
      const name = folder === '' ? each : `${folder}/${each}`;
      const at = await lstat(path.join(from, name), { bigint: true }).catch((error: unknown) => {
        if (errnoOf(error) === 'ENOENT') return undefined;
        throw error;
      });
      if (at?.isDirectory()) {
        yield { name, kind: 'folder', at };
        yield* walk(name);
      } else if (at?.isFile()) yield { name, kind: 'file', at };
      else if (at?.isSymbolicLink()) yield { name, kind: 'link', at };
    }
  }

  async function look() {
    let files = 0;
    total = 0;
    for await (const { kind, at } of walk()) {
      if (kind !== 'file') continue;
      files += 1;
      total += Number(at.size);
    }
    return { files, totalBytes: total };
  }

  async function update(): Promise<void> {
    const seen = new Set<string>();
    const folders = new Set<string>([to]);
    let done = 0;
    for await (const { name, kind, at } of walk()) {
      const target = path.join(to, name);
      const mark = `${at.ino}:${at.size}:${at.mtimeNs}:${at.ctimeNs}`;
      seen.add(name);
      if (kind === 'folder') {
        await mkdir(target, { recursive: true, mode: 0o700 });
        await likeSource(target, at);
        folders.add(target);
        continue;
      }
      if (copied.get(name)?.mark !== mark) {
        const made = kind === 'file' ? await copyFile(name, target, at, done) : await copyLink(name, target, at);
        if (made === undefined) seen.delete(name);
        else copied.set(name, { mark, ...made });
        folders.add(path.dirname(target));
      }
      done += Number(at.size);
      onStep({ stage: 'copy', done: Math.min(done, total), total, unit: 'bytes' });
    }
    for (const name of copied.keys()) {
      if (seen.has(name)) continue;
      copied.delete(name);
      await rm(path.join(to, name), { recursive: true, force: true });
    }
    for (const folder of folders) await syncFolder(folder);
  }

  /** Undefined: it is gone. */
  async function copyFile(name: string, target: string, at: BigIntStats, before: number) {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const source = await open(path.join(from, name), constants.O_RDONLY | constants.O_NOFOLLOW).catch(
      (error: unknown) => {
        if (errnoOf(error) === 'ENOENT') return undefined;
        throw error;
      },
    );
    if (source === undefined) return undefined;
    await using reading = source;
    await rm(target, { force: true });
    await using writing = await open(target, 'wx', 0o600);
    const piece = Buffer.allocUnsafe(pieceBytes);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await reading.read(piece, 0, piece.length, sizeBytes);
      if (bytesRead === 0) break;
      const part = piece.subarray(0, bytesRead);
      hash.update(part);
      for (let put = 0; put < part.length; ) put += (await writing.write(part, put, part.length - put)).bytesWritten;
      sizeBytes += bytesRead;
      onStep({ stage: 'copy', done: Math.min(before + sizeBytes, total), total, unit: 'bytes' });
    }
    await writing.utimes(Number(at.atimeMs) / 1000, Number(at.mtimeMs) / 1000);
    await writing.sync();
    await likeSource(target, at);
    return { sizeBytes, sha256: hash.digest('hex') };
  }

  async function copyLink(name: string, target: string, at: BigIntStats) {
    await rm(target, { force: true });
    await symlink(await readlink(path.join(from, name)), target);
    if (process.getuid?.() === 0) await lchown(target, Number(at.uid), Number(at.gid));
    return { sizeBytes: 0 };
  }

  async function verify() {
    const totals = { files: 0, totalBytes: 0 };
    const all = [...copied.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    for (const [name, { sha256, sizeBytes }] of copied) {
      if (sha256 === undefined) continue;
      const found = await hashOf(path.join(to, name), signal);
      if (found !== sha256) {
        const message = `The copy of ${name} is not like its original. Check the disk at ${to}. The old place stays in force.`;
        throw new AppError('move_damaged', message, { status: 503 });
      }
      totals.files += 1;
      totals.totalBytes += sizeBytes;
      onStep({ stage: 'verify', done: totals.totalBytes, total: all, unit: 'bytes' });
    }
    return totals;
  }

  return { look, update, verify };
}

/** Rights, and whose it is where this user may say so: programs in sandboxes are other users. */
async function likeSource(target: string, at: BigIntStats): Promise<void> {
  if (process.getuid?.() === 0) await lchown(target, Number(at.uid), Number(at.gid));
  await chmod(target, Number(at.mode) & 0o777);
}

async function hashOf(file: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  await using handle = await open(file, 'r');
  const piece = Buffer.allocUnsafe(pieceBytes);
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(piece, 0, piece.length, null);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(piece.subarray(0, bytesRead));
  }
}
