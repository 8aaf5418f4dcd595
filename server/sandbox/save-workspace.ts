import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readlink, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { errnoOf } from '../data/storage-error.ts';
import { type TreeEntry, walkTree } from '../data/tree.ts';
import { AppError } from '../lib/app-error.ts';

const symlinkMode = 0o120777;
const gibibyte = 1024 ** 3;

/**
 * Writes a folder that nothing uses as a zip; links are kept as links. All of it or no file: `workspace_not_savable`
 * when something in it cannot be read, or is huge by its holes only.
 */
export async function saveWorkspace(folder: string, file: string): Promise<void> {
  const partial = `${file}.partial`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const zip = new ZipFile();
  try {
    const written = pipeline(zip.outputStream, createWriteStream(partial, { mode: 0o600 }));
    // Awaited below, and of no interest when something else fails first.
    written.catch(() => undefined);
    const fault = new Promise<never>((_, reject) => zip.on('error', reject));
    await Promise.race([fault, addAll(zip, folder).then(() => zip.end())]);
    await Promise.race([fault, written]);
    await rename(partial, file);
  } catch (cause) {
    (zip.outputStream as Readable).destroy();
    await rm(partial, { force: true });
    throw explain(cause);
  }
}

async function addAll(zip: ZipFile, folder: string): Promise<void> {
  for await (const entry of walkTree(folder)) {
    const { path, facts } = entry;
    const { mtime, mode } = facts;
    const name = zipName(path.subarray(Buffer.byteLength(folder) + 1));
    if (facts.isDirectory()) {
      zip.addEmptyDirectory(name, { mtime, mode });
    } else if (facts.isSymbolicLink()) {
      zip.addBuffer(await readlink(path, { encoding: 'buffer' }), name, { mtime, mode: symlinkMode });
    } else if (facts.isFile()) {
      checkHoles(entry, name);
      zip.addReadStreamLazy(name, { mtime, mode, size: facts.size }, (take) => take(null, createReadStream(path)));
    }
  }
}

/** Names in a zip are text with slashes: what is none is written as %XX, so that nothing is lost or takes another's place. */
function zipName(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text).equals(bytes);
  const escaped = isText ? text : bytes.toString('latin1').replaceAll(/[\x80-\xff]/g, percent);
  return escaped.replaceAll('\\', percent).replace(/^([a-zA-Z]):/, '$1%3A');
}

const percent = (letter: string) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;

/** A zip knows no holes: a file of a terabyte of nothing would be read and packed as one. */
function checkHoles({ facts }: TreeEntry, name: string): void {
  if (facts.size > facts.blocks * 512 * 4 + gibibyte) {
    throw notSavable(`"${name}" is ${Math.round(facts.size / gibibyte)} GiB by name, and most of it holes.`);
  }
}

function explain(cause: unknown): unknown {
  const reasons: Record<string, string> = {
    EACCES: 'A part of it may not be read.',
    EPERM: 'A part of it may not be read.',
    ENAMETOOLONG: 'Its folders lie deeper than paths can be long.',
  };
  const reason = reasons[errnoOf(cause) ?? ''];
  return reason === undefined ? cause : notSavable(reason, cause);
}

function notSavable(reason: string, cause?: unknown): AppError {
  const sentence = `This workspace cannot be saved as a zip. ${reason} It is kept; save by hand what you need, or clean up without saving.`;
  return new AppError('workspace_not_savable', sentence, { status: 409, cause });
}
