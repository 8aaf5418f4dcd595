import { createHash, type Hash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, opendir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { idSchema } from '../contract/ids.ts';
import type { ImportReport, MergeMode } from '../contract/keeping.ts';
import { AppError } from '../lib/app-error.ts';
import { syncFolder } from './folders.ts';
import { checkId, createDataLayout } from './layout.ts';
import type { SessionShelf } from './session-shelf.ts';
import { filesWithShelf, type TenantFile } from './shelved-files.ts';
import { errnoOf, toStorageError } from './storage-error.ts';
import { type MergeHooks, mergeTenant, unitsIn } from './tenant-merge.ts';
import { damaged, tenantExists, tooLarge, unsafe } from './transfer-faults.ts';

/**
 * A tenant as one stream of JSON lines: a head, then for each file its name, its bytes in pieces and their hash, and at
 * the end how many files there were. A stream that was cut or changed anywhere is known by it.
 */
const pieceBytes = 256 * 1024;
const maxLineBytes = 1024 * 1024;
const maxParts = 32;
const stagingPrefix = '.import-';
const leftBehindMs = 86_400_000;

const headSchema = z.strictObject({
  format: z.literal('agentrail-tenant'),
  version: z.literal(1),
  tenantId: idSchema,
  exportedAt: z.number(),
});
const lineSchema = z.union([
  z.strictObject({ file: z.string().min(1).max(4096) }),
  z.strictObject({ data: z.base64() }),
  z.strictObject({ sizeBytes: z.number(), sha256: z.string() }),
  z.strictObject({ files: z.number(), totalBytes: z.number() }),
]);
type Line = z.output<typeof lineSchema>;

/** What is made anew from the rest, and what is on its way out. */
const leftOut = /^(index.*\.sqlite.*|\..*)$/;

/**
 * Everything kept of a tenant but its workspaces, as it is now: what is appended meanwhile is not in it. `onProgress` is
 * told of the bytes of files that are in so far. `shelf`: where its sessions lie when not in its folder. Throws AppError
 * `tenant_not_found` (404).
 */
export async function exportTenant(
  dataDir: string,
  tenantId: string,
  now: number,
  onProgress?: (bytes: number) => void,
  shelf?: SessionShelf,
): Promise<Readable> {
  const root = createDataLayout(dataDir).tenantDir(tenantId);
  if (!(await named(isThere(root))) && !(await shelf?.has(tenantId))) {
    throw new AppError('tenant_not_found', 'There is no such tenant.', { status: 404 });
  }
  const head = { format: 'agentrail-tenant', version: 1, tenantId, exportedAt: now } as const;
  const files = shelf ? filesWithShelf(dataDir, tenantId, shelf, filesBelow) : filesIn(root);
  return Readable.from(exportedLines(files, head, onProgress), { objectMode: false });
}

async function* filesIn(root: string): AsyncGenerator<TenantFile> {
  for await (const name of filesBelow(root, '')) yield { name, at: path.join(root, name) };
}

/** Bytes of the files that an export made now would hold. */
export async function exportedBytes(dataDir: string, tenantId: string, shelf?: SessionShelf): Promise<number> {
  const root = createDataLayout(dataDir).tenantDir(tenantId);
  let bytes = (await shelf?.bytes(tenantId)) ?? 0;
  try {
    for await (const { at } of filesIn(root)) bytes += (await lstat(at)).size;
  } catch (error) {
    // Deleted while it was looked at: an estimate is all that this is.
    if (errnoOf(error) !== 'ENOENT') throw toStorageError(error);
  }
  return bytes;
}

async function* exportedLines(
  all: AsyncIterable<TenantFile>,
  head: z.output<typeof headSchema>,
  onProgress: (bytes: number) => void = () => undefined,
): AsyncGenerator<string> {
  let files = 0;
  let totalBytes = 0;
  yield toLine(head);
  for await (const { name, at } of all) {
    const opened = await openPlain(at);
    // Deleted since it was found.
    if (opened === undefined) continue;
    await using handle = opened;
    yield toLine({ file: name });
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const piece of piecesOf(handle)) {
      hash.update(piece);
      sizeBytes += piece.length;
      yield toLine({ data: piece.toString('base64') });
      onProgress(totalBytes + sizeBytes);
    }
    yield toLine({ sizeBytes, sha256: hash.digest('hex') });
    files += 1;
    totalBytes += sizeBytes;
  }
  yield toLine({ files, totalBytes });
}

function toLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** Links and special files are nobody's data here. */
async function* filesBelow(root: string, below: string): AsyncGenerator<string> {
  const folder = path.join(root, below);
  if (!(await isThere(folder))) return;
  for await (const entry of await opendir(folder)) {
    if (leftOut.test(entry.name)) continue;
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(root, name);
    else if (entry.isFile()) yield name;
  }
}

async function openPlain(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ELOOP') return undefined;
    throw error;
  }
}

/** As far as the file reached when it was opened. */
async function* piecesOf(handle: FileHandle): AsyncGenerator<Buffer> {
  const { size } = await handle.stat();
  for (let position = 0; position < size; ) {
    const piece = Buffer.alloc(Math.min(pieceBytes, size - position));
    const { bytesRead } = await handle.read(piece, 0, piece.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

interface Unpacked {
  tenantId: string;
  files: number;
  totalBytes: number;
}

export interface ImportOptions {
  /** Of all files together. */
  maxBytes?: number;
  /** What happens to a tenant that is there already. Absent: it is refused. */
  merge?: { mode: MergeMode } & MergeHooks;
  /** Takes the sessions, when they do not lie in the tenant's folder: one by one, each whole or not at all. */
  shelf?: SessionShelf;
  /** Told whose archive it is, before anything of it is unpacked. */
  onTenant?(tenantId: string): void;
  /** Told of the bytes of files that are in so far. */
  onProgress?(bytes: number): void;
  /** Until everything arrived and proved unharmed, nothing is left when it fires. */
  signal?: AbortSignal;
}

/**
 * Puts an exported tenant in place when all of it arrived unharmed, and nothing of it otherwise; plain or compressed
 * with gzip. Throws AppError `import_damaged` (400), `import_unsafe` (400) for a name that would leave the tenant's
 * folder, `tenant_exists` (409), `import_too_large` (413), and the signal's reason.
 */
export async function importTenant(
  dataDir: string,
  source: AsyncIterable<Uint8Array | string>,
  options: ImportOptions = {},
): Promise<ImportReport> {
  const layout = createDataLayout(dataDir);
  const staging = path.join(layout.tenantsDir, `${stagingPrefix}${randomUUID()}`);
  try {
    await mkdir(staging, { recursive: true, mode: 0o700 });
    const unpacked = await unpack(staging, plainBytes(source), isTaken, options);
    options.signal?.throwIfAborted();
    const { files, totalBytes, tenantId } = unpacked;
    const target = layout.tenantDir(tenantId);
    const isMerged = (await isTaken(tenantId)) || options.shelf !== undefined;
    const counts = isMerged ? await mergeInto(target) : await putInPlace(target);
    await syncFolder(layout.tenantsDir);
    return { tenantId, files, totalBytes, ...counts };
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) throw tenantExists();
    throw toStorageError(error);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }

  async function isTaken(tenantId: string): Promise<boolean> {
    return (await isThere(layout.tenantDir(tenantId))) || (await options.shelf?.has(tenantId)) === true;
  }

  async function mergeInto(target: string) {
    const { merge, shelf } = options;
    const tenantId = path.basename(target);
    if (merge === undefined && (await isTaken(tenantId))) throw tenantExists();
    const mode = merge?.mode ?? 'skip';
    return mergeTenant(staging, target, mode, { ...merge, ...(shelf && { shelf: { shelf, tenantId } }) });
  }

  async function putInPlace(target: string) {
    const added = (await unitsIn(staging)).length;
    await rename(staging, target);
    return { added, replaced: 0, skipped: 0 };
  }
}

/** Removes what an import that was killed left behind: what nobody added to for a day. Others may be under way. */
export async function removeStagedImports(dataDir: string, now: number): Promise<void> {
  const { tenantsDir } = createDataLayout(dataDir);
  const names = await readdir(tenantsDir).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(stagingPrefix))) {
    const staged = path.join(tenantsDir, name);
    const changedAt = await stat(staged).then(
      ({ mtimeMs }) => mtimeMs,
      () => now,
    );
    if (now - changedAt > leftBehindMs) await rm(staged, { recursive: true, force: true });
  }
}

interface OpenFile {
  handle: FileHandle;
  hash: Hash;
  sizeBytes: number;
}

async function unpack(
  staging: string,
  source: AsyncIterable<Uint8Array | string>,
  isTaken: (tenantId: string) => Promise<boolean>,
  { maxBytes = Number.POSITIVE_INFINITY, merge, onTenant, onProgress, signal }: ImportOptions,
): Promise<Unpacked> {
  const imported: Unpacked = { tenantId: '', files: 0, totalBytes: 0 };
  let current: OpenFile | undefined;
  let isWhole = false;

  async function take(line: Line): Promise<void> {
    if ('file' in line) {
      if (current !== undefined) throw damaged();
      current = { handle: await createFile(staging, line.file), hash: createHash('sha256'), sizeBytes: 0 };
    } else if ('data' in line) {
      const bytes = Buffer.from(line.data, 'base64');
      if (current === undefined) throw damaged();
      if (imported.totalBytes + current.sizeBytes + bytes.length > maxBytes) throw tooLarge();
      current.hash.update(bytes);
      current.sizeBytes += bytes.length;
      await current.handle.writeFile(bytes);
      onProgress?.(imported.totalBytes + current.sizeBytes);
    } else if ('sha256' in line) {
      if (current === undefined || line.sizeBytes !== current.sizeBytes) throw damaged();
      if (line.sha256 !== current.hash.digest('hex')) throw damaged();
      await current.handle.sync();
      await current.handle.close();
      imported.files += 1;
      imported.totalBytes += current.sizeBytes;
      current = undefined;
    } else {
      isWhole = current === undefined && line.files === imported.files && line.totalBytes === imported.totalBytes;
      if (!isWhole) throw damaged();
    }
  }

  try {
    for await (const text of linesOf(source)) {
      signal?.throwIfAborted();
      if (isWhole) throw damaged();
      if (imported.tenantId !== '') await take(parse(lineSchema, text));
      else {
        imported.tenantId = checkId(parse(headSchema, text).tenantId, 'tenant id');
        onTenant?.(imported.tenantId);
        if (merge === undefined && (await isTaken(imported.tenantId))) throw tenantExists();
      }
    }
  } finally {
    await current?.handle.close();
  }
  if (!isWhole) throw damaged();
  return imported;
}

/** Never one that is there: the same name twice is a fault, too. */
async function createFile(staging: string, name: string): Promise<FileHandle> {
  const parts = name.split('/');
  if (parts.length > maxParts || parts.some(isUnsafe)) throw unsafe();
  const file = path.join(staging, ...parts);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  try {
    return await open(file, 'wx', 0o600);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw damaged();
    throw error;
  }
}

function isUnsafe(part: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return part === '' || leftOut.test(part) || part.length > 255 || /[\\:\u0000-\u001f]/.test(part);
}

async function* linesOf(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  let pieces: Buffer[] = [];
  let waiting = 0;
  for await (const chunk of source) {
    let rest = Buffer.from(chunk);
    for (let at = rest.indexOf(0x0a); at >= 0; at = rest.indexOf(0x0a)) {
      yield Buffer.concat([...pieces, rest.subarray(0, at)]).toString('utf8');
      pieces = [];
      waiting = 0;
      rest = rest.subarray(at + 1);
    }
    pieces.push(rest);
    waiting += rest.length;
    if (waiting > maxLineBytes) throw damaged();
  }
  if (waiting > 0) throw damaged();
}

function parse<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw damaged(cause);
  }
}

/** What gzip compressed comes out as it was; the rest passes. A stream that is not whole is known by its lines. */
async function* plainBytes(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<Uint8Array | string> {
  const chunks = source[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done) return;
  async function* all(): AsyncGenerator<Uint8Array | string> {
    yield first.value;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  }
  const head = Buffer.from(first.value);
  if (head[0] !== 0x1f || (head.length > 1 && head[1] !== 0x8b)) {
    yield* all();
    return;
  }
  const packed = Readable.from(all(), { objectMode: false });
  const plain = createGunzip();
  try {
    yield* pipeline(packed, plain, () => undefined);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && /^Z_/.test(String(cause.code))) throw damaged(cause);
    throw cause;
  } finally {
    packed.destroy();
    plain.destroy();
  }
}

async function isThere(target: string): Promise<boolean> {
  try {
    await stat(target);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toStorageError(error);
  }
}
