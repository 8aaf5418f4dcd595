import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl';
import { AppError } from '../lib/app-error.ts';

export interface UnpackLimits {
  /** Of all files together, counted while unpacking: what the zip says of itself may be a lie. */
  maxBytes: number;
  maxFiles: number;
}

const maxPathCharacters = 200;
/** Names that Windows keeps for devices, whatever follows the dot. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
const unixLink = 0o120000;
const unixTypeMask = 0o170000;
const unixFile = 0o100000;
const unixFolder = 0o040000;

/**
 * Unpacks a zip of strangers into a folder that is there and empty. Every name is checked before anything is written:
 * one that leads outside, a link, a device, a name that is there twice or that some system cannot hold refuses the whole
 * zip. Files of a single top folder come without it. Throws AppError `zip_invalid` (422) or `zip_too_large` (413).
 */
export async function unpackZip(zip: Buffer, target: string, limits: UnpackLimits): Promise<void> {
  const file = await open(zip);
  const entries = await Array.fromAsync(listed(file, limits));
  const strip = topFolderOf(entries.map(({ name }) => name));
  let left = limits.maxBytes;
  for (const { entry, name } of entries) {
    const inner = name.slice(strip.length);
    if (inner === '' || name.endsWith('/')) continue;
    const place = path.join(target, ...inner.split('/'));
    await mkdir(path.dirname(place), { recursive: true, mode: 0o755 });
    left -= await write(file, entry, place, left);
  }
}

async function open(zip: Buffer): Promise<ZipFile> {
  try {
    return await fromBufferPromise(zip, { strictFileNames: true, decodeStrings: true, lazyEntries: true });
  } catch (error) {
    throw damaged(error);
  }
}

async function* listed(file: ZipFile, { maxFiles }: UnpackLimits): AsyncGenerator<{ entry: Entry; name: string }> {
  const seen = new Set<string>();
  let count = 0;
  const entries = file.eachEntry();
  for (;;) {
    const next = await entries.next().catch((error: unknown) => {
      throw damaged(error);
    });
    if (next.done) return;
    const entry = next.value;
    const name = checkName(entry);
    const folded = name.normalize('NFC').toLowerCase().replace(/\/$/, '');
    if (seen.has(folded)) throw refused(name, 'is there twice');
    seen.add(folded);
    count += 1;
    if (count > maxFiles)
      throw new AppError('zip_too_large', `The zip holds more than ${maxFiles} files.`, { status: 413 });
    yield { entry, name };
  }
}

function checkName(entry: Entry): string {
  const name = entry.fileName;
  if (name.length > maxPathCharacters) throw refused(name.slice(0, 60), 'has a name that is too long');
  if (name.startsWith('/') || /^[a-z]:/i.test(name) || name.includes('\\'))
    throw refused(name, 'is not a relative path');
  if (/\p{Cc}|[<>:"|?*]/u.test(name)) throw refused(name, 'has signs in its name that not every system can hold');
  const parts = name.replace(/\/$/, '').split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    throw refused(name, 'leads outside of its folder');
  if (parts.some((part) => reserved.test(part) || /[. ]$/.test(part)))
    throw refused(name, 'has a name that not every system can hold');
  const type = (entry.externalFileAttributes >>> 16) & unixTypeMask;
  if (type === unixLink) throw refused(name, 'is a link');
  if (type !== 0 && type !== unixFile && type !== unixFolder) throw refused(name, 'is a device');
  if (entry.isEncrypted()) throw refused(name, 'is encrypted');
  return name;
}

/** `skill/` when all lies in it and nothing beside it. */
function topFolderOf(names: readonly string[]): string {
  const first = names[0]?.split('/', 1)[0] ?? '';
  const isShared = first !== '' && names.every((name) => name === `${first}/` || name.startsWith(`${first}/`));
  return isShared ? `${first}/` : '';
}

async function write(file: ZipFile, entry: Entry, place: string, left: number): Promise<number> {
  let size = 0;
  async function* counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > left)
        throw new AppError('zip_too_large', 'The zip unpacks to more than may be kept.', { status: 413 });
      yield chunk;
    }
  }
  try {
    // Nothing in a skill needs to be run by itself from the host.
    const sink = createWriteStream(place, { flags: 'wx', mode: 0o644 });
    await pipeline(await file.openReadStreamPromise(entry), counted, sink);
  } catch (error) {
    if (error instanceof AppError || isDiskError(error)) throw error;
    throw damaged(error);
  }
  return size;
}

function isDiskError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function refused(name: string, why: string): AppError {
  return new AppError('zip_invalid', `The zip is refused: “${name.replace(/\p{Cc}/gu, '?')}” ${why}.`, { status: 422 });
}

function damaged(cause: unknown): AppError {
  // The library refuses names that lead outside by itself.
  const isName = cause instanceof Error && /relative path|absolute path|invalid characters/.test(cause.message);
  return isName
    ? new AppError('zip_invalid', 'The zip is refused: it holds a name that leads outside of its folder.', {
        status: 422,
        cause,
      })
    : new AppError('zip_invalid', 'The file is no zip, or it is damaged.', { status: 422, cause });
}
