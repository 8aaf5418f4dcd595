import { z } from 'zod';
import { idSchema } from '../../contract/ids.ts';
import {
  ingestionJobSchema,
  knowledgeBaseChangeSchema,
  knowledgeBaseSchema,
  knowledgeDocumentSchema,
  knowledgeHitSchema,
  newKnowledgeBaseSchema,
} from '../../contract/knowledge.ts';
import type { Operation } from '../operation.ts';

export const tenantQuery = z.object({ tenantId: idSchema.default('default') });
export const baseParams = z.object({ kbId: idSchema });
export const documentParams = baseParams.extend({ docId: idSchema });
export const jobParams = baseParams.extend({ jobId: idSchema });
export const listDocumentsQuery = tenantQuery.extend({
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  topic: z.string().max(60).exactOptional(),
});
export const textQuery = tenantQuery.extend({ page: z.coerce.number().int().min(1).default(1) });
export const searchSchema = z.strictObject({
  query: z.string().trim().min(1).max(400),
  kbIds: z.array(idSchema).max(100).exactOptional(),
  limit: z.number().int().min(1).max(100).default(20),
});
export const newDocumentSchema = z.union([
  z.strictObject({ name: z.string().trim().min(1).max(255), text: z.string().min(1) }),
  z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(4096) }),
]);
const formSchema = z.object({ file: z.string().describe('One or more files.') });

const list = <T extends z.ZodType>(name: string, item: T) => z.object({ [name]: z.array(item) });
const documentsSchema = z.object({ documents: z.array(knowledgeDocumentSchema), total: z.number() });
const textSchema = z.object({ page: z.number(), pages: z.number(), text: z.string() });

const common = { tag: 'Knowledge', query: tenantQuery } as const;
const ofBase = { ...common, params: baseParams, errors: [404] } as const;
const read = ['read', 'chat'] as const;
const admin = ['admin'] as const;
const body = (name: string, schema: z.ZodType) => ({ name, schema });
const base = body('KnowledgeBase', knowledgeBaseSchema);
const job = body('IngestionJob', ingestionJobSchema);
const jobs = body('IngestionJobs', list('jobs', ingestionJobSchema));
const done = { status: 204, description: 'Done.' };

export const knowledgeOperations: Operation[] = [
  {
    ...common,
    method: 'get',
    path: '/api/knowledge',
    id: 'listKnowledgeBases',
    summary: 'List knowledge bases',
    access: read,
    answers: [
      {
        status: 200,
        description: 'By name.',
        body: body('KnowledgeBases', list('knowledgeBases', knowledgeBaseSchema)),
      },
    ],
  },
  {
    ...common,
    method: 'post',
    path: '/api/knowledge',
    id: 'createKnowledgeBase',
    summary: 'Make a knowledge base',
    access: admin,
    body: body('NewKnowledgeBase', newKnowledgeBaseSchema),
    answers: [{ status: 201, description: 'Made.', body: base }],
    errors: [409],
  },
  {
    ...common,
    method: 'post',
    path: '/api/knowledge/search',
    id: 'searchKnowledge',
    summary: 'Find passages in knowledge bases',
    access: read,
    body: body('KnowledgeSearch', searchSchema),
    answers: [
      { status: 200, description: 'Best first.', body: body('KnowledgeHits', list('hits', knowledgeHitSchema)) },
    ],
    errors: [404],
  },
  {
    ...ofBase,
    method: 'get',
    path: '/api/knowledge/:kbId',
    id: 'getKnowledgeBase',
    summary: 'Look at a knowledge base',
    access: read,
    answers: [{ status: 200, description: 'The knowledge base.', body: base }],
  },
  {
    ...ofBase,
    method: 'patch',
    path: '/api/knowledge/:kbId',
    id: 'updateKnowledgeBase',
    summary: 'Change name, description or topics',
    access: admin,
    body: body('KnowledgeBaseChange', knowledgeBaseChangeSchema),
    answers: [{ status: 200, description: 'As it is now.', body: base }],
  },
  {
    ...ofBase,
    method: 'delete',
    path: '/api/knowledge/:kbId',
    id: 'deleteKnowledgeBase',
    summary: 'Remove a knowledge base with all its documents',
    access: admin,
    answers: [done],
  },
  {
    ...ofBase,
    method: 'post',
    path: '/api/knowledge/:kbId/reindex',
    id: 'reindexKnowledgeBase',
    summary: 'Make the search index anew',
    access: admin,
    answers: [{ status: 200, description: 'Made.', body: base }],
  },
  {
    ...ofBase,
    method: 'get',
    path: '/api/knowledge/:kbId/documents',
    id: 'listDocuments',
    summary: 'List documents',
    access: read,
    query: listDocumentsQuery,
    answers: [
      { status: 200, description: 'In the order they were added.', body: body('KnowledgeDocuments', documentsSchema) },
    ],
  },
  {
    ...ofBase,
    method: 'post',
    path: '/api/knowledge/:kbId/documents',
    id: 'addDocument',
    summary: 'Add documents',
    description: 'As files in a form, as text, or by address. Each becomes a job that reads, describes and indexes it.',
    access: admin,
    body: body('NewDocument', newDocumentSchema),
    form: body('NewDocumentFiles', formSchema),
    answers: [
      {
        status: 202,
        description: 'Stored; the jobs go on by themselves.',
        body: jobs,
      },
    ],
    errors: [400, 404, 409, 413],
  },
  {
    ...ofBase,
    method: 'get',
    path: '/api/knowledge/:kbId/documents/:docId',
    id: 'getDocument',
    summary: 'Look at a document',
    params: documentParams,
    access: read,
    answers: [{ status: 200, description: 'The document.', body: body('KnowledgeDocument', knowledgeDocumentSchema) }],
  },
  {
    ...ofBase,
    method: 'get',
    path: '/api/knowledge/:kbId/documents/:docId/text',
    id: 'readDocument',
    summary: 'Read a document as text',
    params: documentParams,
    query: textQuery,
    access: read,
    answers: [{ status: 200, description: 'One page.', body: body('DocumentPage', textSchema) }],
  },
  {
    ...ofBase,
    method: 'delete',
    path: '/api/knowledge/:kbId/documents/:docId',
    id: 'deleteDocument',
    summary: 'Remove a document',
    params: documentParams,
    access: admin,
    answers: [done],
  },
  {
    ...ofBase,
    method: 'get',
    path: '/api/knowledge/:kbId/jobs',
    id: 'listIngestionJobs',
    summary: 'List ingestion jobs',
    access: read,
    answers: [{ status: 200, description: 'Newest first.', body: jobs }],
  },
  {
    ...ofBase,
    method: 'get',
    path: '/api/knowledge/:kbId/jobs/:jobId',
    id: 'getIngestionJob',
    summary: 'Look at a job',
    params: jobParams,
    access: read,
    answers: [{ status: 200, description: 'The job.', body: job }],
  },
  {
    ...ofBase,
    method: 'post',
    path: '/api/knowledge/:kbId/jobs/:jobId/retry',
    id: 'retryIngestionJob',
    summary: 'Try a failed job again',
    params: jobParams,
    access: admin,
    answers: [{ status: 200, description: 'The job.', body: job }],
    errors: [404, 409],
  },
  {
    ...ofBase,
    method: 'delete',
    path: '/api/knowledge/:kbId/jobs/:jobId',
    id: 'deleteIngestionJob',
    summary: 'End a job, or forget one that failed',
    params: jobParams,
    access: admin,
    answers: [done],
  },
];
