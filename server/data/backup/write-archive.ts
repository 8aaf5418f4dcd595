import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, lstat, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack as createPack, type Pack } from 'tar-stream';
import type { CopyStep } from '../../contract/backups.ts';
import { errnoOf } from '../storage-error.ts';
import {
  type ArchiveHead,
  dataPrefix,
  type FileLine,
  headEntry,
  manifestEntry,
  safeParts,
  secretsEntry,
} from './archive-format.ts';
import { chosenFiles } from './chosen-files.ts';
import { type FilePart, openPart, piecesOf, ShrunkError } from './file-part.ts';
import { createPacker, type Packing } from './packing.ts';
import { type BackupKeys, sealSecrets, vouch } from './sealed-secrets.ts';

type Sink = ReturnType<Pack['entry']>;

/** Smaller files are read whole before their entry begins, so that one that shrinks meanwhile does no harm. */
const wholeBytes = 1024 * 1024;
const mostNamed = 100;

export interface WriteOptions {
  dataDir: string;
  head: ArchiveHead;
  packing: Packing;
  keys?: BackupKeys;
  /** Paths that kept changing while they were read. */
  unstable: ReadonlySet<string>;
  onStep(step: CopyStep): void;
  signal?: AbortSignal;
}

export interface Written {
  files: number;
  totalBytes: number;
  leftOut: string[];
  leftOutCount: number;
}

/** A large file became shorter while it was read: the archive cannot be finished. */
export class UnstableFileError extends Error {
  readonly path: string;

  constructor(file: string) {
    super(`${file} became shorter while it was read.`);
    this.path = file;
  }
}

/**
 * Writes the data directory as it is now into an archive file that is there and empty. Files that are appended to go in
 * as far as they reached when their turn came. Throws the disk's error, UnstableFileError, and the signal's reason.
 */
export async function writeArchive(target: FileHandle, file: string, options: WriteOptions): Promise<Written> {
  const { dataDir, head, packing, keys, unstable, onStep, signal } = options;
  const { workspaces } = head.includes;
  const total = await sizeOf(dataDir, workspaces, onStep, signal);
  const done: Written = { files: 0, totalBytes: 0, leftOut: [], leftOutCount: 0 };
  const spoolFile = path.join(path.dirname(file), `${path.basename(file)}.${randomUUID()}.tmp`);
  const spool = await open(spoolFile, 'wx+', 0o600);
  const manifest = createManifest(spool);
  const tar = createPack();

  async function writeAll(): Promise<void> {
    await addBuffer(tar, headEntry, Buffer.from(`${JSON.stringify(head)}\n`), 0o600, manifest.add);
    for await (const name of chosenFiles(dataDir, { workspaces, onUnreadable: leaveOut })) {
      signal?.throwIfAborted();
      if (unstable.has(name) || safeParts(name) === undefined) leaveOut(name);
      else await addFile(name);
    }
    if (keys) await addBuffer(tar, secretsEntry, await sealSecrets(dataDir, keys, head.id), 0o600, manifest.add);
    const { sizeBytes } = await manifest.end(done, keys);
    await addPieces(tar, manifestEntry, 0o600, { handle: spool, sizeBytes });
    tar.finalize();
  }

  async function addFile(name: string): Promise<void> {
    const part = await openOrLeave(name);
    if (part === undefined) return;
    await using opened = part;
    const { sizeBytes, mode } = opened;
    const entry = `${dataPrefix}${name}`;
    try {
      if (sizeBytes <= wholeBytes) {
        const content: Buffer[] = [];
        for await (const piece of piecesOf(opened)) content.push(piece);
        await addBuffer(tar, entry, Buffer.concat(content), mode, manifest.add);
      } else {
        const tell = (bytes: number) => onStep({ stage: 'write', done: done.totalBytes + bytes, total, unit: 'bytes' });
        const sha256 = await addPieces(tar, entry, mode, opened, tell, signal);
        await manifest.add({ path: entry, sizeBytes, sha256, mode });
      }
    } catch (error) {
      if (!(error instanceof ShrunkError)) throw error;
      if (sizeBytes > wholeBytes) throw new UnstableFileError(name);
      leaveOut(name);
      return;
    }
    done.files += 1;
    done.totalBytes += sizeBytes;
    onStep({ stage: 'write', done: done.totalBytes, total: Math.max(total, done.totalBytes), unit: 'bytes' });
  }

  async function openOrLeave(name: string): Promise<FilePart | undefined> {
    try {
      return await openPart(path.join(dataDir, ...name.split('/')));
    } catch (error) {
      // Deleted, or replaced by a link, since it was found.
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '')) return undefined;
      if (!(error instanceof ShrunkError) && !['EACCES', 'EPERM', 'EIO', 'ENXIO'].includes(errnoOf(error) ?? ''))
        throw error;
      leaveOut(name);
      return undefined;
    }
  }

  function leaveOut(name: string): void {
    done.leftOutCount += 1;
    if (done.leftOut.length < mostNamed) done.leftOut.push(name);
  }

  try {
    const packer = createPacker(packing);
    const flow = pipeline(bytesOf(tar), packer, toHandle(target), signal === undefined ? {} : { signal });
    // Whichever fails first ends the other; both have ended before the files are closed.
    const filling = writeAll().catch((error: unknown) => {
      tar.destroy(error as Error);
      throw error;
    });
    const [filled, flowed] = await Promise.allSettled([filling, flow]);
    // What is wrong with the disk shows in the flow, and then as an archive that ended in the filling.
    if (filled.status === 'rejected' && filled.reason instanceof UnstableFileError) throw filled.reason;
    signal?.throwIfAborted();
    if (flowed.status === 'rejected' && errnoOf(flowed.reason) !== undefined) throw flowed.reason;
    if (filled.status === 'rejected') throw filled.reason;
    if (flowed.status === 'rejected') throw flowed.reason;
    return done;
  } finally {
    await spool.close();
    await rm(spoolFile, { force: true });
  }
}

/** Bytes that are to be read. What is appended later is not in it. */
async function sizeOf(
  dataDir: string,
  workspaces: boolean,
  onStep: WriteOptions['onStep'],
  signal: AbortSignal | undefined,
): Promise<number> {
  let bytes = 0;
  let files = 0;
  for await (const name of chosenFiles(dataDir, { workspaces })) {
    signal?.throwIfAborted();
    const found = await lstat(path.join(dataDir, name)).catch(() => undefined);
    bytes += found?.size ?? 0;
    files += 1;
    if (files % 1000 === 0) onStep({ stage: 'look', done: files, total: files, unit: 'files' });
  }
  return bytes;
}

/** Lines go to a file: of a hundred thousand sessions they are many. */
function createManifest(spool: FileHandle) {
  const hash = createHash('sha256');
  let waiting: string[] = [];
  let sizeBytes = 0;
  async function flush(): Promise<void> {
    const data = Buffer.from(waiting.join(''));
    waiting = [];
    for (let at = 0; at < data.length; )
      at += (await spool.write(data, at, data.length - at, sizeBytes + at)).bytesWritten;
    sizeBytes += data.length;
  }
  async function put(line: object): Promise<void> {
    const text = `${JSON.stringify(line)}\n`;
    hash.update(text);
    if (waiting.push(text) >= 500) await flush();
  }
  return {
    add: (line: FileLine) => put(line),
    async end({ files, totalBytes }: Written, keys: BackupKeys | undefined) {
      const sha256 = hash.digest('hex');
      const hmac = keys && { hmac: vouch(keys, sha256) };
      waiting.push(`${JSON.stringify({ end: { files, totalBytes, sha256, ...hmac } })}\n`);
      await flush();
      return { sizeBytes };
    },
  };
}

async function addBuffer(
  tar: Pack,
  name: string,
  content: Buffer,
  mode: number,
  add: (line: FileLine) => Promise<void>,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const entry = tar.entry({ name, size: content.length, mode, mtime: new Date(0) }, (error) =>
      error ? reject(error) : resolve(),
    );
    entry.end(content);
  });
  const sha256 = createHash('sha256').update(content).digest('hex');
  await add({ path: name, sizeBytes: content.length, sha256, mode });
}

/** Gives back the SHA-256 of what went in. */
async function addPieces(
  tar: Pack,
  name: string,
  mode: number,
  part: Pick<FilePart, 'handle' | 'sizeBytes'>,
  onBytes: (bytes: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  // A failure shows where the pieces are written; this one is looked at only at the end.
  ended.catch(() => undefined);
  const entry = tar.entry({ name, size: part.sizeBytes, mode, mtime: new Date(0) }, (error) =>
    error ? reject(error) : resolve(),
  );
  let bytes = 0;
  for await (const piece of piecesOf(part)) {
    signal?.throwIfAborted();
    hash.update(piece);
    bytes += piece.length;
    if (!entry.write(piece)) await drained(entry, ended);
    onBytes(bytes);
  }
  entry.end(undefined);
  await ended;
  return hash.digest('hex');
}

function drained(entry: Pick<Sink, 'once'>, ended: Promise<void>): Promise<void> {
  return Promise.race([new Promise<void>((resolve) => entry.once('drain', resolve)), ended]);
}

async function* bytesOf(tar: Pack): AsyncGenerator<Uint8Array> {
  yield* tar as AsyncIterable<Uint8Array>;
}

/** Writes in order; nothing is waiting in memory when it ends. */
function toHandle(handle: FileHandle) {
  return async (source: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at, chunk.length - at)).bytesWritten;
    }
  };
}
