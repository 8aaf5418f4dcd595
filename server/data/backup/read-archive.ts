import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Transform } from 'node:stream';
import { extract as createExtract, type Extract, type ExtractEvents } from 'tar-stream';
import type { CopyStep } from '../../contract/backups.ts';
import { AppError } from '../../lib/app-error.ts';
import { errnoOf } from '../storage-error.ts';
import {
  type ArchiveHead,
  damaged,
  dataPrefix,
  endLineSchema,
  type FileLine,
  fileLineSchema,
  formatVersion,
  headEntry,
  headSchema,
  manifestEntry,
  maxLineBytes,
  safeParts,
  secretsEntry,
  shown,
  unsafe,
} from './archive-format.ts';
import { createUnpacker, packingOf } from './packing.ts';
import { type OpenedSecrets, openSecrets, vouch } from './sealed-secrets.ts';

type Entry = ExtractEvents['entry'][1];

const maxHeadBytes = 64 * 1024;
const maxSecretsBytes = 64 * 1024 * 1024;
const maxFiles = 20_000_000;
const pieceBytes = 256 * 1024;

/** Where the files of an archive go. What it throws ends the reading. */
export interface ArchiveSink {
  /** A file whose name leads nowhere but below a folder of one's own. Called once for each name. */
  begin(parts: string[], mode: number): Promise<{ write(chunk: Uint8Array): Promise<void>; end(): Promise<void> }>;
}

export interface ReadOptions {
  sink?: ArchiveSink;
  /** Opens the secrets and proves that whoever made the archive knew it. */
  passphrase?: string;
  onStep?(step: CopyStep): void;
  /** Default `verify`. */
  stage?: CopyStep['stage'];
  signal?: AbortSignal;
}

export interface ReadArchive {
  head: ArchiveHead;
  files: number;
  totalBytes: number;
  /** Absent: there are none, or no passphrase was given. */
  secrets?: OpenedSecrets;
}

/**
 * Reads an archive from its first byte to its last, and compares each file with what the manifest says of it. Throws
 * AppError `backup_damaged`, `backup_unsafe`, `backup_newer`, `backup_not_found`, `wrong_passphrase` (400, 404), the
 * disk's error, what the sink throws, and the signal's reason.
 */
export async function readArchive(file: string, options: ReadOptions = {}): Promise<ReadArchive> {
  await using handle = await openArchive(file);
  const { size } = await handle.stat();
  const { signal, onStep = () => undefined, stage = 'verify' } = options;
  const unpacker = await unpackerFor(handle, size);
  const tar = createExtract();
  const source = piecesOf(handle, size, (done) => onStep({ stage, done, total: size, unit: 'bytes' }), signal);
  let broken: unknown;
  const feeding = feed(source, unpacker, tar).catch((error: unknown) => {
    broken = error;
    tar.destroy(error as Error);
  });
  try {
    const read = await readEntries(tar, options);
    await feeding;
    if (broken !== undefined) throw broken;
    return read;
  } catch (error) {
    signal?.throwIfAborted();
    // The first thing that went wrong says more than what came of it.
    throw toFault(error instanceof AppError ? error : (broken ?? error));
  } finally {
    tar.destroy();
    unpacker.destroy();
    await feeding;
  }
}

/** What an archive says of itself at its beginning. Throws as `readArchive`. */
export async function readHead(file: string): Promise<ArchiveHead> {
  await using handle = await openArchive(file);
  const { size } = await handle.stat();
  const unpacker = await unpackerFor(handle, size);
  const tar = createExtract();
  const feeding = feed(piecesOf(handle, size), unpacker, tar).catch((error: unknown) => tar.destroy(error as Error));
  try {
    const first = await tar[Symbol.asyncIterator]().next();
    if (first.done) throw damaged('it is empty');
    return await headOf(first.value);
  } catch (error) {
    throw toFault(error);
  } finally {
    tar.destroy();
    unpacker.destroy();
    await feeding;
  }
}

async function openArchive(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r');
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT') throw cause;
    throw new AppError('backup_not_found', `There is no backup ${file}.`, { status: 404, cause });
  }
}

async function unpackerFor(handle: FileHandle, size: number): Promise<Transform> {
  if (size === 0) throw damaged('the file is empty');
  const start = Buffer.alloc(4);
  const { bytesRead } = await handle.read(start, 0, 4, 0);
  const packing = packingOf(start.subarray(0, bytesRead));
  if (packing === undefined) throw damaged('the file is no backup; it begins with other bytes');
  const unpacker = createUnpacker(packing);
  if (unpacker) return unpacker;
  throw new AppError('backup_packing', 'The backup is packed with zstd, which this runtime does not have. Update it.', {
    status: 400,
  });
}

async function* piecesOf(
  handle: FileHandle,
  size: number,
  onBytes: (bytes: number) => void = () => undefined,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  for (let position = 0; position < size; ) {
    signal?.throwIfAborted();
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, size - position));
    const { bytesRead } = await handle.read(piece, 0, piece.length, position);
    if (bytesRead === 0) throw damaged('the file became shorter while it was read');
    position += bytesRead;
    yield piece.subarray(0, bytesRead);
    onBytes(position);
  }
}

/** Packed bytes in, tar out. Resolves when the reader took everything, or ended early. */
async function feed(source: AsyncIterable<Buffer>, unpacker: Transform, tar: Extract): Promise<void> {
  const filling = (async () => {
    for await (const piece of source) {
      if (unpacker.destroyed) return;
      if (!unpacker.write(piece)) await nextOf(unpacker, ['drain', 'close']);
    }
    unpacker.end();
  })().catch((error: unknown) => {
    unpacker.destroy(error as Error);
  });
  try {
    for await (const chunk of unpacker) {
      if (tar.destroyed) return;
      if (!tar.write(chunk)) await nextOf(tar, ['drain', 'close']);
    }
    tar.end(undefined);
  } finally {
    unpacker.destroy();
    await filling;
  }
}

function nextOf(stream: NodeJS.EventEmitter, events: string[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of events) stream.off(event, done);
      resolve();
    };
    for (const event of events) stream.on(event, done);
  });
}

async function readEntries(tar: Extract, { sink, passphrase }: ReadOptions): Promise<ReadArchive> {
  let head: ArchiveHead | undefined;
  let sealed: Buffer | undefined;
  let read: { files: number; totalBytes: number; sha256: string; hmac?: string | undefined } | undefined;
  /** In the order of the archive, as the manifest has them too. */
  const found: FileLine[] = [];
  const names = new Set<string>();

  for await (const entry of tar) {
    const { name, type, mode } = entry.header;
    if (type !== 'file') throw unsafe(`${shown(name)}, which is a ${type} and no file`);
    if (read) throw unsafe(`${shown(name)} after its end`);
    if (names.has(name)) throw damaged(`it holds ${shown(name)} twice`);
    names.add(name);
    if (found.length >= maxFiles) throw damaged('it holds more files than are possible');
    if (!head) {
      head = await headOf(entry, (line) => found.push(line));
    } else if (name === manifestEntry) {
      read = await compareManifest(entry, found);
    } else if (name === secretsEntry) {
      sealed = await bufferOf(entry, maxSecretsBytes);
      found.push(lineOf(name, sealed.length, mode, createHash('sha256').update(sealed)));
    } else {
      found.push(await readFile(entry, name, mode, sink));
    }
  }
  if (!head) throw damaged('it is empty');
  if (!read) throw damaged('its end is missing, so it was cut');
  const secrets = await openSealed(head, sealed, read, passphrase);
  return { head, files: read.files, totalBytes: read.totalBytes, ...(secrets && { secrets }) };
}

async function readFile(entry: Entry, name: string, mode: number, sink: ArchiveSink | undefined): Promise<FileLine> {
  const parts = name.startsWith(dataPrefix) ? safeParts(name.slice(dataPrefix.length)) : undefined;
  if (parts === undefined) throw unsafe(`the name ${shown(name)}`);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const target = await sink?.begin(parts, mode & 0o777);
  try {
    for await (const chunk of bytesOf(entry)) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      await target?.write(chunk);
    }
  } finally {
    await target?.end();
  }
  return lineOf(name, sizeBytes, mode, hash);
}

function lineOf(path: string, sizeBytes: number, mode: number, hash: Hash): FileLine {
  return { path, sizeBytes, sha256: hash.digest('hex'), mode: mode & 0o777 };
}

async function headOf(entry: Entry, add: (line: FileLine) => void = () => undefined): Promise<ArchiveHead> {
  if (entry.header.name !== headEntry) throw damaged('it does not begin as a backup of Agentrail does');
  const content = await bufferOf(entry, maxHeadBytes);
  add(lineOf(headEntry, content.length, entry.header.mode, createHash('sha256').update(content)));
  const parsed = headSchema.safeParse(parseJson(content.toString('utf8')));
  if (!parsed.success) throw damaged('its description cannot be understood');
  const { version, program } = parsed.data;
  if (version <= formatVersion) return parsed.data;
  const message = `The backup was made by Agentrail ${program}, which is newer than this one. Update this one, then try again.`;
  throw new AppError('backup_newer', message, { status: 400 });
}

async function bufferOf(entry: Entry, maxBytes: number): Promise<Buffer> {
  if (entry.header.size > maxBytes) throw damaged(`${shown(entry.header.name)} is too large`);
  const chunks: Buffer[] = [];
  for await (const chunk of bytesOf(entry)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The declared type says `unknown`; a tar stream hands on the bytes it was given. */
function bytesOf(entry: Entry): AsyncIterable<Buffer> {
  return entry as AsyncIterable<Buffer>;
}

/** Line by line, each beside the file that was at its place. */
async function compareManifest(entry: Entry, found: readonly FileLine[]) {
  const hash = createHash('sha256');
  let at = 0;
  let end: ReturnType<typeof endLineSchema.parse>['end'] | undefined;
  for await (const line of linesOf(bytesOf(entry))) {
    if (end) throw damaged('its manifest goes on after its end');
    const value = parseJson(line);
    const last = endLineSchema.safeParse(value);
    if (last.success) {
      end = last.data.end;
      continue;
    }
    const wanted = fileLineSchema.safeParse(value);
    if (!wanted.success) throw damaged('its manifest cannot be understood');
    hash.update(`${line}\n`);
    compare(wanted.data, found[at]);
    at += 1;
  }
  if (!end) throw damaged('its manifest has no end');
  const more = found[at];
  if (more) throw damaged(`the manifest does not know ${shown(more.path)}`);
  const sha256 = hash.digest('hex');
  const files = found.filter(({ path }) => path.startsWith(dataPrefix));
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (sha256 !== end.sha256 || files.length !== end.files || totalBytes !== end.totalBytes)
    throw damaged('its manifest was changed');
  return { files: end.files, totalBytes: end.totalBytes, sha256, hmac: end.hmac };
}

function compare(wanted: FileLine, found: FileLine | undefined): void {
  if (found?.path !== wanted.path) throw damaged(`${shown(wanted.path)} is missing`);
  if (found.sizeBytes !== wanted.sizeBytes) throw damaged(`${shown(wanted.path)} has another size`);
  if (found.sha256 !== wanted.sha256) throw damaged(`${shown(wanted.path)} has other bytes than were backed up`);
  if (found.mode !== wanted.mode) throw damaged(`${shown(wanted.path)} has other rights`);
}

async function* linesOf(source: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let at = rest.indexOf(0x0a); at >= 0; at = rest.indexOf(0x0a)) {
      yield rest.subarray(0, at).toString('utf8');
      rest = rest.subarray(at + 1);
    }
    if (rest.length > maxLineBytes) throw damaged('its manifest cannot be understood');
  }
  if (rest.length > 0) throw damaged('its manifest was cut');
}

async function openSealed(
  head: ArchiveHead,
  sealed: Buffer | undefined,
  end: { sha256: string; hmac?: string | undefined },
  passphrase: string | undefined,
): Promise<OpenedSecrets | undefined> {
  if (head.includes.secrets !== (sealed !== undefined)) throw damaged('its secrets are missing');
  if (sealed === undefined || passphrase === undefined) return undefined;
  const secrets = await openSecrets(sealed, passphrase, head.id);
  if (!secrets) {
    const message = 'The passphrase is not the one that the secrets of this backup were sealed with.';
    throw new AppError('wrong_passphrase', message, { status: 400 });
  }
  if (end.hmac !== vouch(secrets.keys, end.sha256)) throw unsafe('files that its maker did not put there');
  return secrets;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the unpacker and the tar reader say of bytes that are not theirs. */
function toFault(error: unknown): unknown {
  if (error instanceof AppError || errnoOf(error) !== undefined || !(error instanceof Error)) return error;
  if ('code' in error && typeof error.code === 'string' && !/^(Z_|ZSTD_|ERR_)/.test(error.code)) return error;
  if (error.name === 'AbortError') return error;
  return damaged('its bytes were changed, or it was cut', error);
}
