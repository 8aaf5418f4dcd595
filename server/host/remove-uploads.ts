import { rm, rmdir } from 'node:fs/promises';
import { createDataLayout } from '../data/layout.ts';
import { errnoOf } from '../data/storage-error.ts';
import { messageOf } from '../lib/app-error.ts';
import type { Foundation } from './open-foundation.ts';

/** What came with messages lies in the data directory, wherever the session does. Never rejects. */
export async function removeUploads(
  { dataDir, logger }: Pick<Foundation, 'dataDir' | 'logger'>,
  { tenantId, sessionId }: { tenantId: string; sessionId: string },
): Promise<void> {
  const { dir, uploadsDir } = createDataLayout(dataDir).session(tenantId, sessionId);
  try {
    await rm(uploadsDir, { recursive: true, force: true });
    await rmdir(dir);
  } catch (error) {
    // There was nothing, or files of a session from before the database, which stay.
    if (['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) return;
    logger.warn('Files that came with a deleted session could not be removed.', { reason: messageOf(error) });
  }
}
