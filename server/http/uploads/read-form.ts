import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy, type BusboyFileStream } from '@fastify/busboy';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { Upload, UploadSpool } from './spool.ts';
import { bodyTooLarge, fileTooLarge, tooManyFiles, type UploadLimits } from './upload-faults.ts';

/** A file of a form, spooled. */
export interface FormFile {
  name: string;
  mimeType: string;
  upload: Upload;
}

const mostFields = 32;

/** What came in so far. A caller lets go of the uploads when the reading fails. */
export interface FormContent {
  uploads: Upload[];
  /** In the order of the form. */
  received: FormFile[];
}

/**
 * The text fields of a multipart body; its files are spooled while it arrives, into `content`. Throws AppErrors as
 * `readLargeJson`, and `invalid_form` (400).
 */
export async function readForm(
  body: ReadableStream<Uint8Array>,
  contentType: string,
  content: FormContent,
  spool: UploadSpool,
  limits: UploadLimits,
): Promise<Record<string, string>> {
  const fields = new Map<string, string>();
  const saving: Promise<void>[] = [];
  const streams: BusboyFileStream[] = [];
  let fieldBytes = 0;
  const form = createForm(contentType, limits);

  /** By their place in the form: which of them is spooled first is chance. */
  const files: FormFile[] = [];

  async function save(place: number, stream: BusboyFileStream, name: string, mimeType: string): Promise<void> {
    const upload = await spool.begin();
    content.uploads.push(upload);
    files[place] = { name, mimeType, upload };
    for await (const chunk of stream) await upload.write(chunk as Uint8Array);
    if (stream.truncated) throw fileTooLarge(limits);
  }

  form.on('field', (name, value) => {
    fieldBytes += Buffer.byteLength(value);
    if (fieldBytes > limits.bodyBytes) form.destroy(bodyTooLarge(limits.bodyBytes));
    else if (fields.has(name)) form.destroy(invalidForm(`The field ${name} is there twice.`));
    else fields.set(name, value);
  });
  form.on('file', (_field, stream, name, _encoding, mimeType) => {
    streams.push(stream);
    // What breaks a file off breaks the form off, which tells of it.
    stream.on('error', () => undefined);
    const saved = save(saving.length, stream, name ?? '', mimeType);
    saving.push(saved);
    saved.catch((error: unknown) => form.destroy(asError(error)));
  });
  form.on('filesLimit', () => form.destroy(tooManyFiles(limits)));
  form.on('fieldsLimit', () => form.destroy(invalidForm(`There are more than ${mostFields} fields.`)));

  try {
    await pipeline(Readable.from(body), form);
    await Promise.all(saving);
    content.received.push(...files);
  } catch (error) {
    // A form that broke off does not end its files; and nothing may still be written when the caller lets go of them.
    for (const stream of streams) stream.destroy();
    await Promise.allSettled(saving);
    throw error instanceof AppError ? error : invalidForm(messageOf(error));
  }
  return Object.fromEntries(fields);
}

function createForm(contentType: string, limits: UploadLimits) {
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      limits: {
        fieldNameSize: 100,
        // One byte more than allowed shows that there was more.
        fieldSize: limits.bodyBytes + 1,
        fields: mostFields,
        fileSize: limits.fileBytes,
        files: limits.files,
        headerPairs: 20,
        headerSize: 8192,
      },
    });
  } catch (error) {
    throw invalidForm(messageOf(error));
  }
}

function invalidForm(reason: string): AppError {
  return new AppError('invalid_form', `The multipart body cannot be read: ${reason.replace(/\.$/, '')}.`, {
    status: 400,
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
