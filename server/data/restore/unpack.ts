import { chmod, type FileHandle, mkdir, open, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../../lib/app-error.ts';
import { damaged, shown } from '../backup/archive-format.ts';
import { type ArchiveSink, type ReadArchive, type ReadOptions, readArchive } from '../backup/read-archive.ts';
import { errnoOf, storageFaultOf } from '../storage-error.ts';

/** The disk is looked at after so many bytes, and this much of it is left free. */
const lookEveryBytes = 64 * 1024 * 1024;
const reserveBytes = 16 * 1024 * 1024;

/**
 * Unpacks an archive into a folder that is there and empty, each file as the manifest says or not at all, and forces it
 * to the disk. Throws as `readArchive`, and `restore_disk_full` (503).
 */
export async function unpackArchive(
  file: string,
  folder: string,
  options: Omit<ReadOptions, 'sink' | 'stage'>,
): Promise<ReadArchive> {
  try {
    const read = await readArchive(file, { ...options, sink: sinkInto(folder), stage: 'unpack' });
    for (const { name, data } of read.secrets?.files ?? [])
      await writeFile(path.join(folder, name), data, { flag: 'wx', mode: 0o600, flush: true });
    return read;
  } catch (error) {
    if (storageFaultOf(error) === 'disk_full') throw diskFull(folder, error);
    throw error;
  }
}

function sinkInto(folder: string): ArchiveSink {
  let sinceLook = lookEveryBytes;
  const made = new Set<string>();

  async function makeFolder(of: string): Promise<void> {
    if (made.has(of)) return;
    await mkdir(of, { recursive: true, mode: 0o700 });
    made.add(of);
  }

  async function openNew(target: string, parts: readonly string[]): Promise<FileHandle> {
    try {
      await makeFolder(path.dirname(target));
      return await open(target, 'wx', 0o600);
    } catch (error) {
      // On disks that know no upper case two names may be one; and a file cannot be a folder too.
      if (['EEXIST', 'ENOTDIR', 'EISDIR'].includes(errnoOf(error) ?? ''))
        throw damaged(`${shown(parts.join('/'))} is there twice`, error);
      throw error;
    }
  }

  return {
    async begin(parts, mode) {
      const target = path.join(folder, ...parts);
      const handle = await openNew(target, parts);
      return {
        async write(chunk) {
          sinceLook += chunk.length;
          if (sinceLook >= lookEveryBytes) {
            sinceLook = 0;
            const { bavail, bsize } = await statfs(folder);
            if (bavail * bsize < chunk.length + reserveBytes) throw diskFull(folder);
          }
          for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at, chunk.length - at)).bytesWritten;
        },
        async end() {
          try {
            await handle.datasync();
          } finally {
            await handle.close();
          }
          // What programs in sandboxes may be is kept; nothing becomes readable for others that was not.
          if (parts[0] === 'sandboxes') await chmod(target, mode);
        },
      };
    },
  };
}

function diskFull(folder: string, cause?: unknown): AppError {
  const message = `There is not enough space at ${path.dirname(folder)} to unpack the backup beside the data in force. Free some; nothing was changed.`;
  return new AppError('restore_disk_full', message, { status: 503, cause });
}
