import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import {
  documentSourceSchema,
  type IngestionJob,
  ingestionJobSchema,
  type KnowledgeDocument,
  knowledgeDocumentSchema,
} from '../contract/knowledge.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { errnoOf } from '../data/storage-error.ts';

const metadataSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().default(''),
  taxonomy: z.array(z.string()).default([]),
  createdAt: z.number(),
  updatedAt: z.number(),
});
export type KnowledgeMetadata = z.infer<typeof metadataSchema>;

const docsSchema = z.object({ docs: z.array(knowledgeDocumentSchema) });

const taskSchema = z.object({
  name: z.string(),
  mediaType: z.string().exactOptional(),
  source: documentSourceSchema,
});
/** What is to be made into a document. */
export type IngestionTask = z.infer<typeof taskSchema>;

/** Between the pages of a text: a sign that no page holds. */
const pageBreak = '\f';

/**
 * The files of one knowledge base. `docs.json` says which documents there are: it is written last when one is added and
 * first when one is removed, so whatever else lies about after a crash is known to be left over.
 */
export interface KnowledgeFolder {
  readonly dir: string;
  readonly indexFile: string;
  /** Undefined when there is no such knowledge base. */
  metadata(): Promise<KnowledgeMetadata | undefined>;
  writeMetadata(metadata: KnowledgeMetadata): Promise<void>;
  documents(): Promise<KnowledgeDocument[]>;
  writeDocuments(docs: readonly KnowledgeDocument[]): Promise<void>;
  pages(docId: string): Promise<string[]>;
  /** Takes the original from where it waits. */
  keep(docId: string, original: Uint8Array, pages: readonly string[]): Promise<void>;
  removeDocument(docId: string): Promise<void>;
  /** Ids of the folders below `docs`. */
  keptIds(): Promise<string[]>;
  jobs(): Promise<IngestionJob[]>;
  writeJob(job: IngestionJob): Promise<void>;
  removeJob(jobId: string): Promise<void>;
  /** What waits for its job, until that is done. */
  writeTask(jobId: string, task: IngestionTask, original?: Uint8Array): Promise<void>;
  task(jobId: string): Promise<{ task: IngestionTask; original: Buffer | undefined } | undefined>;
  removeTask(jobId: string): Promise<void>;
  /** Replaces all files below `indexes`. */
  writeIndexes(files: ReadonlyMap<string, string>): Promise<void>;
  remove(): Promise<void>;
}

export function openKnowledgeFolder(dir: string): KnowledgeFolder {
  const at = (...parts: string[]) => path.join(dir, ...parts);
  const private_ = { recursive: true, mode: 0o700 } as const;

  async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const text = await orAbsent(readFile(file, 'utf8'));
    return text === undefined ? undefined : schema.parse(JSON.parse(text));
  }

  async function writeJson(file: string, value: unknown): Promise<void> {
    await mkdir(path.dirname(file), private_);
    await atomicWriteFile(file, `${JSON.stringify(value, undefined, 2)}\n`);
  }

  return {
    dir,
    indexFile: at('index.sqlite'),
    metadata: () => readJson(at('metadata.json'), metadataSchema),
    writeMetadata: (metadata) => writeJson(at('metadata.json'), metadata),
    documents: async () => (await readJson(at('docs.json'), docsSchema))?.docs ?? [],
    writeDocuments: (docs) => writeJson(at('docs.json'), { docs }),
    pages: async (docId) => (await readFile(at('docs', docId, 'text.md'), 'utf8')).split(pageBreak),
    async keep(docId, original, pages) {
      await mkdir(at('docs', docId), private_);
      await atomicWriteFile(at('docs', docId, 'original'), original);
      await atomicWriteFile(
        at('docs', docId, 'text.md'),
        pages.map((page) => page.replaceAll(pageBreak, '\n')).join(pageBreak),
      );
    },
    removeDocument: (docId) => rm(at('docs', docId), { recursive: true, force: true }),
    keptIds: async () => (await orAbsent(readdir(at('docs')))) ?? [],
    async jobs() {
      const names = (await orAbsent(readdir(at('jobs')))) ?? [];
      const files = names.filter((name) => name.endsWith('.json'));
      const jobs = await Promise.all(
        files.map((name) => readJson(at('jobs', name), ingestionJobSchema).catch(() => undefined)),
      );
      return jobs.filter((job) => job !== undefined).toSorted((a, b) => a.createdAt - b.createdAt);
    },
    writeJob: (job) => writeJson(at('jobs', `${job.id}.json`), job),
    removeJob: (jobId) => rm(at('jobs', `${jobId}.json`), { force: true }),
    async writeTask(jobId, task, original) {
      await mkdir(at('pending', jobId), private_);
      if (original) await atomicWriteFile(at('pending', jobId, 'original'), original);
      await writeJson(at('pending', jobId, 'task.json'), task);
    },
    async task(jobId) {
      const task = await readJson(at('pending', jobId, 'task.json'), taskSchema);
      return task && { task, original: await orAbsent(readFile(at('pending', jobId, 'original'))) };
    },
    removeTask: (jobId) => rm(at('pending', jobId), { recursive: true, force: true }),
    async writeIndexes(files) {
      await mkdir(at('indexes'), private_);
      for (const [name, text] of files) await writeFile(at('indexes', name), text, { mode: 0o600 });
      for (const name of await readdir(at('indexes'))) {
        if (!files.has(name)) await rm(at('indexes', name), { force: true });
      }
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

async function orAbsent<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
