import { parentPort, workerData } from 'node:worker_threads';
import type { DocumentKind } from './document-kind.ts';
import type { DocumentText } from './document-text.ts';
import { extractDocument } from './extract-document.ts';

/** What the thread is given. */
export interface DocumentTask {
  bytes: Uint8Array;
  name: string;
  kind: DocumentKind;
}

/** What it says before it ends. */
export type DocumentAnswer =
  | { text: DocumentText }
  | { fault: { code: string; message: string; status: number; cause?: string } };

const { bytes, name, kind } = workerData as DocumentTask;
parentPort?.postMessage(await answer());

async function answer(): Promise<DocumentAnswer> {
  try {
    return { text: await extractDocument(bytes, name, kind) };
  } catch (error) {
    // extractDocument throws AppErrors only; a class does not survive the way between threads.
    const { code, message, status, cause } = error as {
      code: string;
      message: string;
      status: number;
      cause?: unknown;
    };
    return { fault: { code, message, status, ...(cause instanceof Error && { cause: cause.message }) } };
  }
}
