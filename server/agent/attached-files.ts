import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Attachment, filesLine } from '../contract/attachments.ts';
import type { SessionKey } from '../contract/ids.ts';
import type { ImageBlock, UserMessage } from '../contract/messages.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { makeFoldersBelow } from '../data/folders.ts';
import { createDataLayout } from '../data/layout.ts';
import { errnoOf, toStorageError } from '../data/storage-error.ts';
import { imageTypeOf } from './image-type.ts';
import type { IncomingFile } from './runs.ts';
import { freeName, safeName } from './safe-name.ts';

/** Where the agent finds the files of a person. */
const workspaceFolder = '/workspace/uploads';
/** Providers take images up to about this size, in bytes, and so much of them in one request. */
const largestImageBytes = 3_750_000;
const mostImageBytes = 15_000_000;

/** A file of a message where it is kept. */
export interface KeptFile {
  name: string;
  /** Where the agent finds it. */
  path: string;
  mimeType: string;
  sizeBytes: number;
  /** The bytes as they came. */
  read(): Promise<Uint8Array>;
}

export interface FileKeeperOptions {
  /** Absolute. */
  dataDir: string;
  /** Names that are taken in the workspace's uploads. */
  namesInWorkspace(key: SessionKey): Promise<string[]>;
  /** What else the message should say of its files, once they are kept. Must not reject. */
  describe?(key: SessionKey, files: readonly KeptFile[]): Promise<string[]>;
  /** Puts a file there. */
  putIntoWorkspace(key: SessionKey, name: string, bytes: Uint8Array): Promise<void>;
  /** Counts what is put among the session's files; it tells how many bytes more. Absent: they are not counted. */
  addFiles?(key: SessionKey, write: () => Promise<number>): Promise<unknown>;
}

/** A file that is in memory already. */
export function fileOf({ name, mimeType, base64 }: Attachment): IncomingFile {
  const bytes = Buffer.from(base64, 'base64');
  return { name, mimeType, sizeBytes: bytes.byteLength, read: async () => bytes };
}

/**
 * Keeps the files of a message twice: with the session, where they stay what they were, and in its workspace, where the
 * agent may change them. Resolves with the message: images as images where models can see them, the rest by name.
 */
export function createFileKeeper(options: FileKeeperOptions) {
  const layout = createDataLayout(options.dataDir);

  async function save(key: SessionKey, name: string, bytes: Uint8Array): Promise<void> {
    const { uploadsDir } = layout.session(key.tenantId, key.sessionId);
    const { addFiles = (_key, write) => write() } = options;
    await addFiles(key, async () => {
      try {
        await makeFoldersBelow(options.dataDir, uploadsDir);
        await atomicWriteFile(join(uploadsDir, name), bytes);
        return bytes.byteLength;
      } catch (error) {
        throw toStorageError(error);
      }
    });
    await options.putIntoWorkspace(key, name, bytes);
  }

  return async function keepFiles(
    key: SessionKey,
    message: string,
    files: readonly IncomingFile[],
  ): Promise<UserMessage['content']> {
    const { uploadsDir } = layout.session(key.tenantId, key.sessionId);
    const taken = new Set([...(await namesIn(uploadsDir)), ...(await options.namesInWorkspace(key))].map(foldCase));
    const lines: string[] = [];
    const kept: KeptFile[] = [];
    const images: ImageBlock[] = [];
    let imageBytes = 0;
    // One after the other: each may be large.
    for (const file of files) {
      const name = freeName(safeName(file.name), (candidate) => taken.has(foldCase(candidate)));
      taken.add(foldCase(name));
      const bytes = await file.read();
      await save(key, name, bytes);
      await file.discard?.();
      const mimeType = imageTypeOf(bytes);
      const isShown =
        mimeType !== undefined &&
        bytes.byteLength <= largestImageBytes &&
        imageBytes + bytes.byteLength <= mostImageBytes;
      if (isShown) {
        imageBytes += bytes.byteLength;
        images.push({ type: 'image', mimeType, data: Buffer.from(bytes).toString('base64') });
      }
      kept.push({
        ...{ name, path: `${workspaceFolder}/${name}`, mimeType: file.mimeType, sizeBytes: bytes.byteLength },
        read: () => readFile(join(uploadsDir, name)),
      });
      lines.push(
        `- ${workspaceFolder}/${name} (${file.mimeType}, ${bytes.byteLength} bytes)${isShown ? ', shown here' : ''}`,
      );
    }
    const said = (await options.describe?.(key, kept)) ?? [];
    const text = [`${message}${filesLine}${lines.join('\n')}`, ...said].join('\n\n');
    return images.length === 0 ? text : [{ type: 'text', text }, ...images];
  };
}

function foldCase(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw toStorageError(error);
  }
}
