import { Worker } from 'node:worker_threads';
import { AppError } from '../lib/app-error.ts';
import { documentKindOf } from './document-kind.ts';
import { bounded, type DocumentText } from './document-text.ts';
import type { DocumentAnswer, DocumentTask } from './documents-worker.ts';
import { extractText } from './extract-text.ts';

export interface DocumentReaderOptions {
  /** Documents larger than this are refused, in bytes. Default 50 MiB. */
  maxBytes?: number;
  /** A document that takes longer is given up, in milliseconds. Default 60,000. */
  timeoutMs?: number;
  /** How many documents are read at once. Default 2. */
  width?: number;
}

export interface DocumentReader {
  /**
   * The text of a document of strangers. Throws AppErrors `document_too_large`, `document_unsupported`,
   * `document_damaged`, `document_locked`, `document_timeout`; rejects with the signal's reason.
   */
  read(
    bytes: Uint8Array,
    about: { name: string; mediaType?: string | undefined },
    signal: AbortSignal,
  ): Promise<DocumentText>;
}

/** Source and bundle lie in different folders and have different endings. */
const workerFile = import.meta.url.endsWith('.ts') ? './documents-worker.ts' : './documents-worker.js';
const memoryMb = 512;

/**
 * Reads documents in threads of their own, one for each: parsers of strangers' files may run away or run out of memory
 * without harm to the server, and are ended with their thread.
 */
export function createDocumentReader(options: DocumentReaderOptions = {}): DocumentReader {
  const { maxBytes = 50 * 1024 * 1024, timeoutMs = 60_000, width = 2 } = options;
  const waiting: (() => void)[] = [];
  let busy = 0;

  async function turn(): Promise<void> {
    if (busy < width) {
      busy += 1;
      return;
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function done(): void {
    const next = waiting.shift();
    if (next) next();
    else busy -= 1;
  }

  return {
    async read(bytes, { name, mediaType }, signal) {
      if (bytes.length > maxBytes) throw tooLarge(name, bytes.length, maxBytes);
      const kind = documentKindOf(bytes, name, mediaType);
      // Decoding text is safe and quick.
      if (kind === 'text' || kind === 'markdown') return bounded(kind, extractText(bytes, kind));
      await turn();
      try {
        signal.throwIfAborted();
        return await readInThread({ bytes, name, kind }, timeoutMs, signal);
      } finally {
        done();
      }
    },
  };
}

async function readInThread(task: DocumentTask, timeoutMs: number, signal: AbortSignal): Promise<DocumentText> {
  const worker = new Worker(new URL(workerFile, import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 64 },
    // What libraries print of a damaged file is nobody's business.
    stdout: true,
    stderr: true,
    env: {},
  });
  const ended = Promise.withResolvers<DocumentAnswer>();
  const overdue = setTimeout(() => ended.reject(tooSlow(task.name, timeoutMs)), timeoutMs);
  const onAbort = () => ended.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  worker.once('message', (answer: DocumentAnswer) => ended.resolve(answer));
  worker.once('error', (error) => ended.reject(broken(task.name, error)));
  worker.once('exit', () => ended.reject(broken(task.name, new Error('The thread ended without an answer.'))));
  try {
    const answer = await ended.promise;
    if ('text' in answer) return answer.text;
    const { code, message, status, cause } = answer.fault;
    throw new AppError(code, message, { status, cause });
  } finally {
    clearTimeout(overdue);
    signal.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}

function tooLarge(name: string, size: number, limit: number): AppError {
  const mb = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MB`;
  return new AppError(
    'document_too_large',
    `“${name}” has ${mb(size)}; at most ${mb(limit)} can be read. Split it into smaller documents.`,
    { status: 413 },
  );
}

function tooSlow(name: string, timeoutMs: number): AppError {
  return new AppError(
    'document_timeout',
    `“${name}” could not be read within ${Math.round(timeoutMs / 1000)} s. Split it, or save it in a simpler format.`,
    { status: 422 },
  );
}

function broken(name: string, cause: Error): AppError {
  const isMemory = (cause as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY';
  return new AppError(
    isMemory ? 'document_too_large' : 'document_damaged',
    isMemory
      ? `“${name}” needs more memory than reading a document may take. Split it into smaller documents.`
      : `“${name}” cannot be read: its parser broke down.`,
    { status: 422, cause },
  );
}
