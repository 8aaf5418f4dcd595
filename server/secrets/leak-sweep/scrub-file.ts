import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../../data/folders.ts';
import { splitLines } from '../../data/integrity/scan.ts';
import { errnoOf, toStorageError } from '../../data/storage-error.ts';
import { temporaryName } from '../../data/temporary-name.ts';
import { AppError } from '../../lib/app-error.ts';
import type { ByteMatcher } from './byte-matcher.ts';
import { redactJsonLine } from './redact-json.ts';

/** A text is rewritten as a whole, because a value may go over its line ends. */
const maxTextBytes = 64 * 1024 * 1024;
const blockBytes = 256 * 1024;

export interface ScrubTools {
  matcher: ByteMatcher;
  /** Puts a mark in the place of every value. */
  redact(text: string): string;
}

/**
 * Replaces a file by one in which marks stand in the place of values: killed at any instant, the old one or the new one
 * is there. A file of JSON lines keeps its lines, each as valid as it was. Whether anything is still found in it
 * afterwards is told. Nobody else may write into it meanwhile. Throws AppError `not_text`, `file_gone`,
 * `storage_unavailable`.
 */
export async function scrubFile(file: string, tools: ScrubTools): Promise<'clean' | 'still_found'> {
  try {
    await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { size, mode } = await handle.stat();
    const isLines = /\.(?:jsonl|ndjson)$/.test(file);
    const pieces = isLines ? scrubbedLines(handle, size, tools) : scrubbedText(handle, size, tools);
    await replaceFile(file, mode & 0o777, pieces);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new AppError('file_gone', 'The file is gone.', { status: 404 });
    throw toStorageError(error);
  }
  return (await holdsValue(file, tools.matcher)) ? 'still_found' : 'clean';
}

async function* scrubbedLines(handle: FileHandle, size: number, tools: ScrubTools): AsyncGenerator<Buffer> {
  for await (const { bytes, isTorn } of splitLines(handle, size)) {
    yield isFound(bytes, tools.matcher) ? Buffer.from(redactJsonLine(bytes.toString('utf8'), tools.redact)) : bytes;
    if (!isTorn) yield Buffer.from('\n');
  }
}

async function* scrubbedText(handle: FileHandle, size: number, tools: ScrubTools): AsyncGenerator<Buffer> {
  const bytes = size <= maxTextBytes ? await handle.readFile() : undefined;
  if (bytes === undefined || !isUtf8(bytes) || bytes.includes(0)) {
    const message = 'The file is no text, or too large, and would be damaged. Delete it, or the session that it is of.';
    throw new AppError('not_text', message, { status: 409 });
  }
  yield Buffer.from(tools.redact(bytes.toString('utf8')));
}

function isFound(bytes: Buffer, matcher: ByteMatcher): boolean {
  const scanner = matcher.scanner();
  return scanner.push(bytes).length > 0 || scanner.end().length > 0;
}

async function replaceFile(file: string, mode: number, pieces: AsyncIterable<Buffer>): Promise<void> {
  const temporary = path.join(path.dirname(file), temporaryName(path.basename(file)));
  try {
    await using written = await open(temporary, 'wx', mode);
    let waiting: Buffer[] = [];
    let waitingBytes = 0;
    const flush = async () => {
      await written.writeFile(Buffer.concat(waiting));
      waiting = [];
      waitingBytes = 0;
    };
    for await (const piece of pieces) {
      waiting.push(piece);
      waitingBytes += piece.length;
      if (waitingBytes >= blockBytes) await flush();
    }
    await flush();
    await written.sync();
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(path.dirname(file));
}

async function holdsValue(file: string, matcher: ByteMatcher): Promise<boolean> {
  await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  const scanner = matcher.scanner();
  const block = Buffer.allocUnsafe(blockBytes);
  for (;;) {
    const { bytesRead } = await handle.read(block, 0, block.length, null);
    if (bytesRead === 0) return scanner.end().length > 0;
    if (scanner.push(block.subarray(0, bytesRead)).length > 0) return true;
  }
}
