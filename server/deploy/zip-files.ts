import { PassThrough, type Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { DeployFile } from '../contract/deploy.ts';

/** The same files give the same bytes, whenever they are packed. */
const packedAt = new Date(Date.UTC(2020, 0, 1));

/** All in one folder. */
export function zipFiles(folder: string, files: readonly DeployFile[]): Readable {
  const zip = new ZipFile();
  for (const { path, content } of files)
    zip.addBuffer(Buffer.from(content), `${folder}/${path}`, { mtime: packedAt, mode: 0o100644 });
  zip.end();
  return zip.outputStream.pipe(new PassThrough());
}
