import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { temporaryName } from './temporary-name.ts';

/** Writes a file, forces it to the disk, reads it back and removes it. Throws the disk's error. */
export async function probeWritable(folder: string): Promise<void> {
  const file = path.join(folder, temporaryName('write-probe'));
  const wanted = randomBytes(512);
  try {
    await using handle = await open(file, 'w+', 0o600);
    await handle.writeFile(wanted);
    await handle.sync();
    const found = Buffer.alloc(wanted.length);
    const { bytesRead } = await handle.read(found, 0, found.length, 0);
    if (bytesRead !== wanted.length || !found.equals(wanted)) {
      throw Object.assign(new Error('The disk gave back other bytes than were written.'), {
        code: 'EIO',
        syscall: 'read',
      });
    }
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
  }
}
