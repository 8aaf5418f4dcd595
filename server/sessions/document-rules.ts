import { createHash } from 'node:crypto';
import { idPattern } from '../contract/ids.ts';
import { AppError } from '../lib/app-error.ts';
import { type ByteRange, type MemoryDocumentName, memoryDocumentNames, type TextPiece } from './store.ts';

/** What holds for notes and kept tool results wherever they are kept. */

const maxMemoryBytes = 1024 * 1024;
const maxArtifactBytes = 64 * 1024 * 1024;
const maxPieceBytes = 1024 * 1024;

/** Throws AppError `invalid_document` (400). */
export function checkMemoryName(name: MemoryDocumentName): MemoryDocumentName {
  if (memoryDocumentNames.includes(name)) return name;
  throw new AppError('invalid_document', `A session keeps ${memoryDocumentNames.join(' and ')}.`, { status: 400 });
}

/** Throws AppError `content_too_large` (413). */
export function refuseLargeMemory(name: MemoryDocumentName, content: string): void {
  refuseOver(maxMemoryBytes, content, `${name} is too large. Keep it under 1 MiB.`);
}

/** Throws AppError `content_too_large` (413). */
export function refuseLargeArtifact(content: string): void {
  refuseOver(maxArtifactBytes, content, 'The tool result is too large to keep. Write it to a file instead.');
}

/** Providers choose the ids of calls; one that cannot be a file name is known by its hash. */
export function artifactName(toolCallId: string): string {
  return idPattern.test(toolCallId) ? toolCallId : `id.${createHash('sha256').update(toolCallId).digest('hex')}`;
}

export function artifactNotFound(): AppError {
  return new AppError('artifact_not_found', 'There is no kept result of this tool call.', { status: 404 });
}

/** Which bytes to read for a range of a text of `size` bytes. */
export function pieceBounds(
  { offset = 0, limit = maxPieceBytes }: ByteRange,
  size: number,
): { start: number; wanted: number } {
  const start = Math.min(Math.max(0, offset), size);
  // A character has at most four bytes, so at least one fits.
  return { start, wanted: Math.min(Math.max(4, limit), maxPieceBytes, size - start) };
}

/** The whole characters of the bytes that lie at `start` of a text of `size` bytes. */
export function toPiece(bytes: Buffer, start: number, size: number): TextPiece {
  const from = firstCharacter(bytes);
  const to = start + bytes.length < size ? lastCharacterEnd(bytes, bytes.length) : bytes.length;
  const end = start + to;
  return { text: bytes.toString('utf8', from, to), totalBytes: size, ...(end < size && { nextOffset: end }) };
}

function refuseOver(maxBytes: number, content: string, message: string): void {
  if (Buffer.byteLength(content) > maxBytes) throw new AppError('content_too_large', message, { status: 413 });
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function firstCharacter(bytes: Buffer): number {
  let at = 0;
  while (at < 3 && isContinuation(bytes[at])) at += 1;
  return at;
}

/** Where the last whole character ends. */
function lastCharacterEnd(bytes: Buffer, length: number): number {
  let lead = length - 1;
  while (lead > 0 && length - lead < 4 && isContinuation(bytes[lead])) lead -= 1;
  const byte = bytes[lead] ?? 0;
  const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
  return lead + needed > length && lead > 0 ? lead : length;
}
