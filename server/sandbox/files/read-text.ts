import { AppError } from '../../lib/app-error.ts';
import type { FileTree } from './file-tree.ts';

/** The whole of a file that is text and not longer; undefined for everything else, and for what cannot be read. */
export async function readText(
  files: Pick<FileTree, 'fetch'>,
  path: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { sizeBytes, body } = await files.fetch(path, signal);
    if (sizeBytes > maxBytes) {
      await body.cancel();
      return undefined;
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    if (bytes.includes(0)) return undefined;
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (fault) {
    if (fault instanceof AppError || fault instanceof TypeError) return undefined;
    throw fault;
  }
}
