import { type Context, Hono } from 'hono';
import type { Config } from '../../contract/config.ts';
import { knowledgeBaseChangeSchema, newKnowledgeBaseSchema } from '../../contract/knowledge.ts';
import type { IncomingDocument, KnowledgeManager } from '../../knowledge/knowledge-manager.ts';
import { AppError } from '../../lib/app-error.ts';
import type { HttpEnv } from '../http-env.ts';
import { readJson } from '../read-json.ts';
import { isMultipart } from '../uploads/read-chat-request.ts';
import { type FormFile, readForm } from '../uploads/read-form.ts';
import type { Upload, UploadSpool } from '../uploads/spool.ts';

import {
  baseParams,
  documentParams,
  jobParams,
  listDocumentsQuery,
  newDocumentSchema,
  searchSchema,
  tenantQuery,
  textQuery,
} from './knowledge-operations.ts';

/** As in the document reader: larger ones are refused there as well. */
const maxDocumentBytes = 50 * 1024 * 1024;

/** Paths whose forms and bodies may be larger than others. */
export function takesDocuments(path: string): boolean {
  return /^\/api\/knowledge\/[^/]+\/documents$/.test(path);
}

export interface KnowledgeRouteOptions {
  /** Absent: the routes say that there is none. */
  knowledge: KnowledgeManager | undefined;
  uploads: UploadSpool | undefined;
  config(): Config;
}

export function createKnowledgeRoutes({ knowledge, uploads, config }: KnowledgeRouteOptions): Hono<HttpEnv> {
  const offered = () => {
    if (knowledge) return knowledge;
    throw new AppError('knowledge_unavailable', 'This server keeps no knowledge bases.', { status: 404 });
  };
  const tenantOf = (c: Context<HttpEnv>) => tenantQuery.parse(c.req.query()).tenantId;
  const baseOf = (c: Context<HttpEnv>) => baseParams.parse(c.req.param()).kbId;

  return new Hono<HttpEnv>()
    .get('/api/knowledge', async (c) => c.json({ knowledgeBases: await offered().list(tenantOf(c)) }))
    .post('/api/knowledge', async (c) =>
      c.json(await offered().create(tenantOf(c), await readJson(c, newKnowledgeBaseSchema)), 201),
    )
    .post('/api/knowledge/search', async (c) =>
      c.json({ hits: await offered().search(tenantOf(c), await readJson(c, searchSchema)) }),
    )
    .get('/api/knowledge/:kbId', async (c) => c.json(await offered().get(tenantOf(c), baseOf(c))))
    .patch('/api/knowledge/:kbId', async (c) =>
      c.json(await offered().update(tenantOf(c), baseOf(c), await readJson(c, knowledgeBaseChangeSchema))),
    )
    .delete('/api/knowledge/:kbId', async (c) => {
      await offered().remove(tenantOf(c), baseOf(c));
      return c.body(null, 204);
    })
    .post('/api/knowledge/:kbId/reindex', async (c) => {
      await offered().reindex(tenantOf(c), baseOf(c));
      return c.json(await offered().get(tenantOf(c), baseOf(c)));
    })
    .get('/api/knowledge/:kbId/documents', async (c) => {
      const { offset, limit, topic } = listDocumentsQuery.parse(c.req.query());
      const all = await offered().documents(tenantOf(c), baseOf(c));
      const wanted = topic === undefined ? all : all.filter(({ topics }) => topics.includes(topic));
      return c.json({ documents: wanted.slice(offset, offset + limit), total: wanted.length });
    })
    .post('/api/knowledge/:kbId/documents', async (c) => {
      const tenantId = tenantOf(c);
      const kbId = baseOf(c);
      await offered().get(tenantId, kbId);
      const jobs = await receive(c, uploads, config().server.bodyLimit, (incoming) =>
        offered().add(tenantId, kbId, incoming),
      );
      return c.json({ jobs }, 202);
    })
    .get('/api/knowledge/:kbId/documents/:docId', async (c) => {
      const { kbId, docId } = documentParams.parse(c.req.param());
      return c.json((await offered().read(tenantOf(c), kbId, docId)).document);
    })
    .get('/api/knowledge/:kbId/documents/:docId/text', async (c) => {
      const { kbId, docId } = documentParams.parse(c.req.param());
      const { page } = textQuery.parse(c.req.query());
      const { pages } = await offered().read(tenantOf(c), kbId, docId);
      const text = pages[page - 1];
      if (text === undefined)
        throw new AppError('page_after_end', `The document has ${pages.length} pages.`, { status: 400 });
      return c.json({ page, pages: pages.length, text });
    })
    .delete('/api/knowledge/:kbId/documents/:docId', async (c) => {
      const { kbId, docId } = documentParams.parse(c.req.param());
      await offered().removeDocument(tenantOf(c), kbId, docId);
      return c.body(null, 204);
    })
    .get('/api/knowledge/:kbId/jobs', async (c) => c.json({ jobs: await offered().jobs(tenantOf(c), baseOf(c)) }))
    .get('/api/knowledge/:kbId/jobs/:jobId', async (c) => {
      const { kbId, jobId } = jobParams.parse(c.req.param());
      return c.json(await offered().job(tenantOf(c), kbId, jobId));
    })
    .post('/api/knowledge/:kbId/jobs/:jobId/retry', async (c) => {
      const { kbId, jobId } = jobParams.parse(c.req.param());
      return c.json(await offered().retryJob(tenantOf(c), kbId, jobId));
    })
    .delete('/api/knowledge/:kbId/jobs/:jobId', async (c) => {
      const { kbId, jobId } = jobParams.parse(c.req.param());
      await offered().removeJob(tenantOf(c), kbId, jobId);
      return c.body(null, 204);
    });
}

/** Adds what the body brings, each document on its own: files of a form, a text, or an address. */
async function receive<T>(
  c: Context<HttpEnv>,
  spool: UploadSpool | undefined,
  bodyBytes: number,
  add: (incoming: IncomingDocument) => Promise<T>,
): Promise<T[]> {
  const type = c.req.header('Content-Type') ?? '';
  if (!isMultipart(type)) {
    const given = await readJson(c, newDocumentSchema);
    return [await add('url' in given ? { type: 'url', ...given } : { type: 'text', ...given })];
  }
  if (!spool || !c.req.raw.body)
    throw new AppError('attachments_unsupported', 'This server takes no files.', { status: 400 });
  const uploads: Upload[] = [];
  try {
    const received: FormFile[] = [];
    await readForm(c.req.raw.body, type, { uploads, received }, spool, {
      bodyBytes,
      fileBytes: maxDocumentBytes,
      files: 20,
    });
    if (received.length === 0) throw new AppError('invalid_form', 'The form holds no file.', { status: 400 });
    const jobs: T[] = [];
    for (const { name, mimeType, upload } of received) {
      jobs.push(await add({ type: 'upload', name: fileName(name), mediaType: mimeType, bytes: await upload.read() }));
    }
    return jobs;
  } finally {
    await Promise.allSettled(uploads.map((upload) => upload.discard()));
  }
}

/** The last part: some clients send whole paths. */
function fileName(name: string): string {
  return (
    name
      .split(/[/\\]/)
      .at(-1)
      ?.replace(/\p{Cc}/gu, '')
      .trim()
      .slice(0, 255) || 'document'
  );
}
