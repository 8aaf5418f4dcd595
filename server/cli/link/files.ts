import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { AppError } from '../../lib/app-error.ts';
import { toWebStream } from '../../lib/to-web-stream.ts';
import { usageError } from '../opened-data.ts';

/** Writes the body whole or not at all, and never in the place of another file; `-` is standard output. */
export async function saveAnswer({ body }: Response, file: string): Promise<void> {
  const content = Readable.fromWeb((body ?? new ReadableStream()) as WebStream);
  if (file === '-') {
    for await (const chunk of content) process.stdout.write(chunk);
    return;
  }
  try {
    if (await isThere(file))
      throw new AppError('file_exists', `There is a file at ${file} already. Choose another name.`);
    await writeWhole(content, file);
  } finally {
    content.destroy();
  }
}

async function writeWhole(content: Readable, file: string): Promise<void> {
  const part = `${file}.${randomUUID()}.part`;
  try {
    await pipeline(content, createWriteStream(part, { flags: 'wx', mode: 0o600 }));
    const handle = await open(part, 'r');
    await handle.sync().finally(() => handle.close());
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** As a body to send. Throws AppError `usage` when it cannot be read. */
export async function openFile(file: string): Promise<ReadableStream<Uint8Array>> {
  if (!(await isThere(file))) throw usageError(`There is no file at ${file}.`);
  return toWebStream(createReadStream(file));
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
