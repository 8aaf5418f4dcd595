import { lstat, mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { atomicWriteFile } from './atomic-write.ts';
import { createDataLayout } from './layout.ts';
import { errnoOf } from './storage-error.ts';

const noted = z.object({
  type: z.enum(['file', 'directory', 'symlink', 'other']),
  sizeBytes: z.number(),
  modifiedAt: z.number(),
  sha256: z.string().nullable().exactOptional(),
  /** The whole of a text that is not long. */
  text: z.string().exactOptional(),
});
const startSchema = z.object({
  notedAt: z.number(),
  isWhole: z.boolean(),
  entries: z.record(z.string(), noted),
});

/** What a workspace was when its session first used it, by path. */
export type WorkspaceStart = z.infer<typeof startSchema>;
export type NotedEntry = z.infer<typeof noted>;

/** No tenant has a name that starts with a dot. */
const folderName = '.starts';

function startFile(dataDir: string, tenantId: string, sessionId: string): string {
  const layout = createDataLayout(dataDir);
  const own = path.relative(layout.sandboxesDir, layout.sandboxDir(tenantId, sessionId));
  return path.join(layout.sandboxesDir, folderName, `${own}.json`);
}

/** Undefined when it was not noted, or cannot be read any more. */
export async function readWorkspaceStart(
  dataDir: string,
  tenantId: string,
  sessionId: string,
): Promise<WorkspaceStart | undefined> {
  try {
    return startSchema.parse(JSON.parse(await readFile(startFile(dataDir, tenantId, sessionId), 'utf8')));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

export async function hasWorkspaceStart(dataDir: string, tenantId: string, sessionId: string): Promise<boolean> {
  return lstat(startFile(dataDir, tenantId, sessionId)).then(
    () => true,
    () => false,
  );
}

export async function writeWorkspaceStart(
  dataDir: string,
  tenantId: string,
  sessionId: string,
  start: WorkspaceStart,
): Promise<void> {
  const file = startFile(dataDir, tenantId, sessionId);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await atomicWriteFile(file, JSON.stringify(start));
}

/** With the workspace; of all sessions of a tenant without `sessionId`. */
export async function removeWorkspaceStart(dataDir: string, tenantId: string, sessionId?: string): Promise<void> {
  const file = startFile(dataDir, tenantId, sessionId ?? 'x');
  await rm(sessionId === undefined ? path.dirname(file) : file, { recursive: true, force: true });
}
