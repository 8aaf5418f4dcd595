import { Readable } from 'node:stream';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import { Hono } from 'hono';
import { z } from 'zod';
import { idSchema } from '../../contract/ids.ts';
import type { FileDifference, FolderListing, WorkspaceChanges, WorkspaceNews } from '../../contract/workspace-files.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import { answer } from '../answer.ts';
import type { ConsoleContext } from '../context.ts';
import { progressStream } from '../progress-stream.ts';
import { validate } from '../validate.ts';

const path = z.string().max(4096);
const ownerParam = z.object({ tenantId: idSchema, sessionId: idSchema });
const pathQuery = z.object({ path: path.default('') });
const uploadQuery = z.object({ path: path.min(1), size: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER) });
const renameBody = z.strictObject({ path: path.min(1), to: path.min(1) });
const pathBody = z.strictObject({ path: path.min(1) });

/** Files of a session's workspace, whether its sandbox runs or not. */
export function sandboxFileRoutes({ workspaces, dropSignal }: ConsoleContext) {
  const base = '/workspaces/:tenantId/:sessionId';
  const owner = validate('param', ownerParam, 'invalid_id');
  const query = validate('query', pathQuery);

  return new Hono()
    .get(`${base}/files`, owner, query, async (c) =>
      answer<FolderListing>(
        c,
        await workspaces.list(c.req.valid('param'), c.req.valid('query').path, c.req.raw.signal),
      ),
    )
    .get(`${base}/file`, owner, query, async (c) => {
      const { path: file } = c.req.valid('query');
      const { sizeBytes, body } = await workspaces.fetch(c.req.valid('param'), file, c.req.raw.signal);
      const headers = { ...download(nameOf(file)), 'Content-Length': String(sizeBytes) };
      return new Response(body, { headers });
    })
    .put(`${base}/file`, owner, validate('query', uploadQuery), async (c) => {
      const { path: file, size } = c.req.valid('query');
      const body = c.req.raw.body ? Readable.fromWeb(c.req.raw.body as NodeStream<Uint8Array>) : Readable.from([]);
      await workspaces.store(c.req.valid('param'), file, size, body, c.req.raw.signal);
      return answer(c, { path: file, sizeBytes: size }, 201);
    })
    .get(`${base}/zip`, owner, query, async (c) => {
      const { tenantId, sessionId } = c.req.valid('param');
      const { path: folder } = c.req.valid('query');
      const body = await workspaces.zip({ tenantId, sessionId }, folder, c.req.raw.signal);
      return new Response(body, { headers: download(`${folder === '' ? sessionId : nameOf(folder)}.zip`) });
    })
    .post(`${base}/folder`, owner, validate('json', pathBody), async (c) => {
      await workspaces.makeFolder(c.req.valid('param'), c.req.valid('json').path, c.req.raw.signal);
      return answer(c, { ok: true as const }, 201);
    })
    .post(`${base}/rename`, owner, validate('json', renameBody), async (c) => {
      const { path: from, to } = c.req.valid('json');
      await workspaces.rename(c.req.valid('param'), from, to, c.req.raw.signal);
      return answer(c, { ok: true as const });
    })
    .delete(`${base}/file`, owner, query, async (c) => {
      await workspaces.remove(c.req.valid('param'), c.req.valid('query').path, c.req.raw.signal);
      return answer(c, { ok: true as const });
    })
    .get(`${base}/changes`, owner, async (c) =>
      answer<WorkspaceChanges>(c, await workspaces.changes(c.req.valid('param'), c.req.raw.signal)),
    )
    .get(`${base}/difference`, owner, query, async (c) =>
      answer<FileDifference>(
        c,
        await workspaces.difference(c.req.valid('param'), c.req.valid('query').path, c.req.raw.signal),
      ),
    )
    .get(`${base}/watch`, owner, (c) =>
      progressStream<WorkspaceNews | { type: 'failed'; code: string; message: string }>(c.req.raw, dropSignal(), {
        run: (emit, signal) =>
          workspaces.watch(c.req.valid('param'), emit, signal).catch((fault: unknown) => {
            const code = fault instanceof AppError ? fault.code : 'internal';
            emit({ type: 'failed', code, message: messageOf(fault) });
          }),
        isMinor: () => false,
      }),
    );
}

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1) || 'workspace';
}

/** Never shown by the browser as a page of ours: what is in it was written by programs. */
function download(name: string): Record<string, string> {
  const encoded = encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16)}`,
  );
  return {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': `attachment; filename*=UTF-8''${encoded}`,
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
  };
}
