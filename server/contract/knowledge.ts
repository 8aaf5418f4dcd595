import { z } from 'zod';
import { idSchema } from './ids.ts';

const line = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .refine((text) => !/\p{Cc}/u.test(text), 'Leave out line breaks and control characters.');

export const topicSchema = line(60).min(1);

/** What a person says of a knowledge base when making it. */
export const newKnowledgeBaseSchema = z.strictObject({
  /** Made from the name when absent. */
  id: idSchema.optional(),
  name: line(120).min(1),
  description: z.string().trim().max(2000).default(''),
  /** The only topics that documents are sorted into. Empty: topics come from the documents. */
  taxonomy: z.array(topicSchema).max(100).default([]),
});
export type NewKnowledgeBase = z.infer<typeof newKnowledgeBaseSchema>;

export const knowledgeBaseChangeSchema = z
  .strictObject({
    name: line(120).min(1),
    description: z.string().trim().max(2000),
    taxonomy: z.array(topicSchema).max(100),
  })
  .partial();
export type KnowledgeBaseChange = z.infer<typeof knowledgeBaseChangeSchema>;

export const knowledgeBaseSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  taxonomy: z.array(z.string()),
  topics: z.array(z.object({ name: z.string(), documents: z.number() })).describe('Most documents first.'),
  documents: z.number(),
  sizeBytes: z.number().describe('Of the originals and their texts.'),
  createdAt: z.number(),
  updatedAt: z.number(),
});
export type KnowledgeBase = z.infer<typeof knowledgeBaseSchema>;

export const documentSourceSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('upload') }),
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('url'), url: z.string() }),
]);
export type DocumentSource = z.infer<typeof documentSourceSchema>;

export const knowledgeDocumentSchema = z.object({
  id: z.string(),
  name: z.string().describe('File name or address, as it was given.'),
  title: z.string(),
  kind: z.enum(['text', 'markdown', 'html', 'csv', 'pdf', 'docx']),
  source: documentSourceSchema,
  summary: z.string(),
  topics: z.array(z.string()),
  describedBy: z.enum(['model', 'excerpt']).describe('excerpt: no model answered, the summary is its beginning.'),
  pages: z.number(),
  characters: z.number(),
  sizeBytes: z.number(),
  isCut: z.boolean().describe('It goes on beyond what was read.'),
  sha256: z.string(),
  addedAt: z.number(),
});
export type KnowledgeDocument = z.infer<typeof knowledgeDocumentSchema>;

export const ingestionStepNames = ['fetch', 'extract', 'describe', 'index', 'publish'] as const;
export type IngestionStepName = (typeof ingestionStepNames)[number];

export const ingestionStepSchema = z.object({
  name: z.enum(ingestionStepNames),
  status: z.enum(['waiting', 'running', 'done', 'skipped', 'failed']),
  note: z.string().exactOptional(),
  /** Of `total`, in the step's own unit: passages of an index. Absent where it cannot be counted. */
  done: z.number().exactOptional(),
  total: z.number().exactOptional(),
  startedAt: z.number().exactOptional(),
  endedAt: z.number().exactOptional(),
});
export type IngestionStep = z.infer<typeof ingestionStepSchema>;

export const ingestionJobSchema = z.object({
  id: z.string(),
  kbId: z.string(),
  docId: z.string(),
  name: z.string(),
  status: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
  steps: z.array(ingestionStepSchema),
  error: z.object({ code: z.string(), message: z.string() }).exactOptional(),
  createdAt: z.number(),
  updatedAt: z.number(),
});
export type IngestionJob = z.infer<typeof ingestionJobSchema>;

export const knowledgeHitSchema = z.object({
  kbId: z.string(),
  docId: z.string(),
  title: z.string(),
  page: z.number().describe('From 1.'),
  offset: z.number().describe('Of the passage in its page, in characters.'),
  text: z.string().describe('The passage.'),
});
export type KnowledgeHit = z.infer<typeof knowledgeHitSchema>;
