import { type FileHandle, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { RunEvent } from '../contract/events.ts';
import type { TraceEntry } from '../contract/sessions.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { makeFoldersBelow } from '../data/folders.ts';
import { isPresent } from '../data/is-present.ts';
import type { SessionLayout } from '../data/layout.ts';
import { errnoOf } from '../data/storage-error.ts';
import {
  artifactName,
  artifactNotFound,
  checkMemoryName,
  pieceBounds,
  refuseLargeArtifact,
  refuseLargeMemory,
  toPiece,
} from './document-rules.ts';
import { fileBytes } from './index/read-session.ts';
import { parseObject, readLines } from './jsonl.ts';
import type { OwnFolder, SessionAccess } from './session-access.ts';
import type { AgentrailSessionStore, ByteRange, MemoryDocumentName, TextPiece, TracePage } from './store.ts';

export const maxTracePageBytes = 4 * 1024 * 1024;

type DocumentMethods = Pick<
  AgentrailSessionStore,
  'readMemory' | 'writeMemory' | 'writeArtifact' | 'readArtifact' | 'readTrace'
>;

/** What lies beside the history: notes, tool results too large for it, and the trace. */
export function createDocumentMethods({ inOwn, index }: SessionAccess): DocumentMethods {
  /** Replaces a file of the session whole and keeps its size in step. */
  async function put({ folder, own }: OwnFolder, file: string, content: string): Promise<number> {
    const before = await fileBytes(file);
    const data = Buffer.from(content);
    await makeFoldersBelow(folder.layout.dir, path.dirname(file));
    await atomicWriteFile(file, data);
    index.write(own.summary, { stopReason: own.stopReason, sizes: { extra: data.length - before } });
    return data.length;
  }

  return {
    readMemory: (key, name) =>
      inOwn(key, async ({ folder }) => (await readIfThere(memoryFile(folder.layout, name))) ?? ''),
    writeMemory: (key, name, content) =>
      inOwn(key, async (at) => {
        refuseLargeMemory(name, content);
        await put(at, memoryFile(at.folder.layout, name), content);
      }),
    writeArtifact: (key, toolCallId, content) =>
      inOwn(key, async (at) => {
        refuseLargeArtifact(content);
        return { sizeBytes: await put(at, artifactFile(at.folder.layout, toolCallId), content) };
      }),
    readArtifact: (key, toolCallId, range = {}) =>
      inOwn(key, ({ folder }) => readPiece(artifactFile(folder.layout, toolCallId), range)),
    readTrace: (key, page) => inOwn(key, ({ folder }) => readTracePage(folder.layout.traceFile, page)),
  };
}

function memoryFile(layout: SessionLayout, name: MemoryDocumentName): string {
  return checkMemoryName(name) === 'NOTES.md' ? layout.notesFile : layout.todoFile;
}

function artifactFile(layout: SessionLayout, toolCallId: string): string {
  return layout.toolResultFile(artifactName(toolCallId));
}

async function readIfThere(file: string): Promise<string | undefined> {
  if (!isPresent(file)) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function readPiece(file: string, range: ByteRange): Promise<TextPiece> {
  const opened = await openIfThere(file);
  if (opened === undefined) throw artifactNotFound();
  await using handle = opened;
  const { size } = await handle.stat();
  const { start, wanted } = pieceBounds(range, size);
  const bytes = Buffer.alloc(wanted);
  const { bytesRead } = await handle.read(bytes, 0, wanted, start);
  return toPiece(bytes.subarray(0, bytesRead), start, size);
}

async function readTracePage(
  file: string,
  { after = 0, limit }: { after?: number; limit: number },
): Promise<TracePage> {
  const page: TracePage = { events: [], nextAfter: after, hasMore: false, skippedLines: 0 };
  const opened = await openIfThere(file);
  if (opened === undefined) return page;
  await using handle = opened;
  const { size } = await handle.stat();
  for await (const { line, isTorn } of readLines(handle, size, Math.min(after, size))) {
    if (isTorn) break;
    if (page.events.length >= limit || page.nextAfter - after > maxTracePageBytes) {
      page.hasMore = true;
      break;
    }
    page.nextAfter += line.length + 1;
    const entry = parseTraceLine(line);
    if (entry !== undefined) page.events.push(entry);
    else if (line.length > 0) page.skippedLines += 1;
  }
  return page;
}

const eventSchema = z.looseObject({ type: z.string() });
const traceLineSchema = z.object({ runId: z.string(), at: z.number(), event: eventSchema });
/** Lines of Agentrail's own traces. */
const olderLineSchema = z.object({ timestamp: z.string(), event: eventSchema, runId: z.string().default('') });

export function parseTraceLine(line: Buffer): TraceEntry | undefined {
  const record = parseObject(line);
  const parsed = traceLineSchema.safeParse(record);
  if (parsed.success) return { ...parsed.data, event: parsed.data.event as unknown as RunEvent };
  const older = olderLineSchema.safeParse(record);
  if (!older.success) return undefined;
  const { timestamp, event, runId } = older.data;
  const at = Date.parse(timestamp);
  return Number.isNaN(at) ? undefined : { runId, at, event: event as unknown as RunEvent };
}
