import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { ulid } from 'ulid';
import type {
  DocumentSource,
  IngestionJob,
  KnowledgeBase,
  KnowledgeBaseChange,
  KnowledgeDocument,
  KnowledgeHit,
  NewKnowledgeBase,
} from '../contract/knowledge.ts';
import { ingestionStepNames } from '../contract/knowledge.ts';
import { makeFoldersBelow } from '../data/folders.ts';
import { isPresent } from '../data/is-present.ts';
import { checkId, type DataLayout } from '../data/layout.ts';
import { errnoOf, toStorageError } from '../data/storage-error.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { IngestionParts } from './ingest.ts';
import { createIngestionQueue } from './ingestion-queue.ts';
import { type OpenKnowledgeBase, openKnowledgeBase } from './knowledge-base.ts';
import { openKnowledgeFolder } from './knowledge-folder.ts';
import { parseQuery } from './knowledge-query.ts';

export type IncomingDocument =
  | { type: 'upload'; name: string; mediaType?: string | undefined; bytes: Uint8Array }
  | { type: 'text'; name: string; text: string }
  | { type: 'url'; url: string };

export interface KnowledgeManagerOptions extends IngestionParts {
  layout: DataLayout;
  logger: Logger;
  /** How many documents are made at once. Default 2. */
  width?: number;
}

/** Knowledge bases of all tenants. Whatever is asked is confined to the tenant that is named. */
export interface KnowledgeManager {
  list(tenantId: string): Promise<KnowledgeBase[]>;
  /** Throws AppError `knowledge_base_exists` (409). */
  create(tenantId: string, input: NewKnowledgeBase): Promise<KnowledgeBase>;
  /** Throws AppError `knowledge_base_not_found` (404), as do all that name one. */
  get(tenantId: string, kbId: string): Promise<KnowledgeBase>;
  update(tenantId: string, kbId: string, change: KnowledgeBaseChange): Promise<KnowledgeBase>;
  remove(tenantId: string, kbId: string): Promise<void>;
  documents(tenantId: string, kbId: string): Promise<readonly KnowledgeDocument[]>;
  /** Throws AppError `document_not_found` (404). */
  read(tenantId: string, kbId: string, docId: string): Promise<{ document: KnowledgeDocument; pages: string[] }>;
  /** Answers once the document is safe on the disk; its job goes on by itself. Throws AppError `document_exists` (409). */
  add(tenantId: string, kbId: string, incoming: IncomingDocument): Promise<IngestionJob>;
  removeDocument(tenantId: string, kbId: string, docId: string): Promise<void>;
  /** Newest first. */
  jobs(tenantId: string, kbId: string): Promise<IngestionJob[]>;
  job(tenantId: string, kbId: string, jobId: string): Promise<IngestionJob>;
  /** Ends a job that goes on, and forgets one that failed with what it was given. */
  removeJob(tenantId: string, kbId: string, jobId: string): Promise<void>;
  /** Tries a failed job again. Throws AppError `job_not_failed` (409). */
  retryJob(tenantId: string, kbId: string, jobId: string): Promise<IngestionJob>;
  /** Best first, over the bases that are named or all of the tenant. */
  search(
    tenantId: string,
    asked: { query: string; kbIds?: readonly string[] | undefined; limit: number },
  ): Promise<KnowledgeHit[]>;
  reindex(tenantId: string, kbId: string): Promise<void>;
  /** Goes on with the jobs that a stop interrupted. */
  resume(): Promise<void>;
  /** Resolves when no job is left. */
  idle(): Promise<void>;
  /** Ends what goes on; it is taken up again at the next start. */
  close(): Promise<void>;
}

const maxDocuments = 10_000;

export function createKnowledgeManager(options: KnowledgeManagerOptions): KnowledgeManager {
  const { layout, logger, now } = options;
  const open = new Map<string, Promise<OpenKnowledgeBase>>();
  const queue = createIngestionQueue(options);
  let isClosed = false;

  async function baseOf(tenantId: string, kbId: string): Promise<OpenKnowledgeBase> {
    const dir = layout.knowledgeBaseDir(tenantId, kbId);
    const key = dir.toLowerCase();
    const known = open.get(key);
    if (known) return known;
    if (isClosed) throw new AppError('draining', 'The server is stopping. Try again when it is back.', { status: 503 });
    const opening = load(dir).catch((error: unknown) => {
      open.delete(key);
      throw toStorageError(error);
    });
    open.set(key, opening);
    return opening;
  }

  async function load(dir: string): Promise<OpenKnowledgeBase> {
    const folder = openKnowledgeFolder(dir);
    const metadata = await folder.metadata();
    if (!metadata) throw new AppError('knowledge_base_not_found', 'There is no such knowledge base.', { status: 404 });
    return openKnowledgeBase(folder, metadata, now, logger);
  }

  async function idsOf(tenantId: string): Promise<string[]> {
    const folder = path.join(layout.tenantDir(tenantId), 'knowledge_bases');
    if (!isPresent(folder)) return [];
    try {
      const entries = await readdir(folder, { withFileTypes: true });
      return entries.flatMap((entry) => (entry.isDirectory() && !entry.name.startsWith('.') ? [entry.name] : []));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw toStorageError(error);
    }
  }

  async function allOf(tenantId: string, ids?: readonly string[]): Promise<OpenKnowledgeBase[]> {
    if (ids) return Promise.all(ids.map((id) => baseOf(tenantId, id)));
    const bases = await Promise.all(
      (await idsOf(tenantId)).map((id) =>
        baseOf(tenantId, id).catch((error: unknown) => {
          logger.warn(`The knowledge base ${id} cannot be opened: ${messageOf(error)}`, { tenantId });
          return undefined;
        }),
      ),
    );
    return bases.filter((base) => base !== undefined);
  }

  function jobIn(base: OpenKnowledgeBase, jobId: string): IngestionJob {
    const job = base.jobs.get(jobId);
    if (!job) throw new AppError('job_not_found', 'There is no such job.', { status: 404 });
    return job;
  }

  function documentIn(base: OpenKnowledgeBase, docId: string): KnowledgeDocument {
    const found = base.documents().find(({ id }) => id === docId);
    if (!found)
      throw new AppError('document_not_found', 'There is no such document in this knowledge base.', { status: 404 });
    return found;
  }

  return {
    list: async (tenantId) =>
      (await allOf(tenantId)).map((base) => base.info()).sort((a, b) => (a.name < b.name ? -1 : 1)),
    async create(tenantId, { id, ...rest }) {
      const kbId = id ?? idFrom(rest.name, await idsOf(tenantId));
      const dir = layout.knowledgeBaseDir(tenantId, kbId);
      if ((await idsOf(tenantId)).some((other) => other.toLowerCase() === kbId.toLowerCase())) {
        throw new AppError('knowledge_base_exists', `There is a knowledge base “${kbId}” already. Choose another id.`, {
          status: 409,
        });
      }
      try {
        await makeFoldersBelow(layout.dataDir, dir);
        const stamp = now();
        await openKnowledgeFolder(dir).writeMetadata({ id: kbId, ...rest, createdAt: stamp, updatedAt: stamp });
      } catch (error) {
        throw toStorageError(error);
      }
      return (await baseOf(tenantId, kbId)).info();
    },
    get: async (tenantId, kbId) => (await baseOf(tenantId, kbId)).info(),
    async update(tenantId, kbId, change) {
      const base = await baseOf(tenantId, kbId);
      await base.change(given(change));
      return base.info();
    },
    async remove(tenantId, kbId) {
      const base = await baseOf(tenantId, kbId);
      open.delete(base.folder.dir.toLowerCase());
      for (const job of base.jobs.values()) await queue.end(job.id);
      await base.close();
      await base.folder.remove();
    },
    documents: async (tenantId, kbId) => (await baseOf(tenantId, kbId)).documents(),
    async read(tenantId, kbId, docId) {
      const base = await baseOf(tenantId, kbId);
      const document = documentIn(base, docId);
      try {
        return { document, pages: await base.folder.pages(docId) };
      } catch (error) {
        throw toStorageError(error);
      }
    },
    async add(tenantId, kbId, incoming) {
      const base = await baseOf(tenantId, kbId);
      if (base.documents().length >= maxDocuments) {
        throw new AppError(
          'knowledge_base_full',
          `A knowledge base holds up to ${maxDocuments} documents. Make another one.`,
          { status: 409 },
        );
      }
      const bytes = bytesOf(incoming);
      if (bytes) refuseKnown(base, bytes);
      const { source, name } = introduce(incoming);
      const stamp = now();
      const job: IngestionJob = {
        id: `job_${ulid().toLowerCase()}`,
        kbId,
        docId: `doc_${ulid().toLowerCase()}`,
        name,
        status: 'waiting',
        steps: ingestionStepNames.map((step) => ({ name: step, status: 'waiting' })),
        createdAt: stamp,
        updatedAt: stamp,
      };
      const mediaType = incoming.type === 'upload' ? incoming.mediaType : undefined;
      try {
        await base.folder.writeTask(job.id, { name, source, ...(mediaType && { mediaType }) }, bytes);
        await base.folder.writeJob(job);
      } catch (error) {
        await base.folder.removeTask(job.id).catch(() => undefined);
        throw toStorageError(error);
      }
      base.jobs.set(job.id, job);
      queue.enqueue(base, job);
      return structuredClone(job);
    },
    async removeDocument(tenantId, kbId, docId) {
      const base = await baseOf(tenantId, kbId);
      documentIn(base, docId);
      await base.unpublish(docId);
    },
    jobs: async (tenantId, kbId) => structuredClone([...(await baseOf(tenantId, kbId)).jobs.values()].toReversed()),
    job: async (tenantId, kbId, jobId) => structuredClone(jobIn(await baseOf(tenantId, kbId), jobId)),
    async removeJob(tenantId, kbId, jobId) {
      const base = await baseOf(tenantId, kbId);
      jobIn(base, jobId);
      await queue.end(jobId);
      base.jobs.delete(jobId);
      await base.folder.removeJob(jobId);
      await base.folder.removeTask(jobId);
    },
    async retryJob(tenantId, kbId, jobId) {
      const base = await baseOf(tenantId, kbId);
      const job = jobIn(base, jobId);
      if (job.status !== 'failed')
        throw new AppError('job_not_failed', 'Only a failed job can be tried again.', { status: 409 });
      const { error: _, ...rest } = job;
      const again: IngestionJob = {
        ...rest,
        status: 'waiting',
        steps: job.steps.map(({ name }) => ({ name, status: 'waiting' })),
      };
      base.jobs.set(jobId, again);
      await base.folder.writeJob(again);
      queue.enqueue(base, again);
      return structuredClone(again);
    },
    async search(tenantId, { query, kbIds, limit }) {
      const parsed = parseQuery(query);
      if (!parsed) return [];
      const bases = await allOf(tenantId, kbIds);
      const lists = bases.map((base) =>
        base.index.search(parsed, limit).map((hit) => ({ ...hit, kbId: base.info().id })),
      );
      return interleaved(lists).slice(0, limit);
    },
    reindex: async (tenantId, kbId) => (await baseOf(tenantId, kbId)).reindex(),
    async resume() {
      for (const tenantId of await tenantsOf(layout)) {
        for (const base of await allOf(tenantId)) {
          for (const job of base.jobs.values()) {
            if (job.status === 'waiting' || job.status === 'running') queue.enqueue(base, job);
          }
        }
      }
    },
    idle: queue.idle,
    async close() {
      isClosed = true;
      await queue.close();
      for (const opening of open.values())
        await opening.then(
          (base) => base.close(),
          () => undefined,
        );
      open.clear();
    },
  };
}

/** What was left out stays as it is. */
function given({ name, description, taxonomy }: KnowledgeBaseChange) {
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(taxonomy !== undefined && { taxonomy }),
  };
}

function refuseKnown(base: OpenKnowledgeBase, bytes: Uint8Array): void {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const known = base.documents().find((doc) => doc.sha256 === sha256);
  if (!known) return;
  throw new AppError('document_exists', `The same document is here already, as “${known.title}”.`, {
    status: 409,
    details: { docId: known.id },
  });
}

function bytesOf(incoming: IncomingDocument): Uint8Array | undefined {
  if (incoming.type === 'upload') return incoming.bytes;
  return incoming.type === 'text' ? new TextEncoder().encode(incoming.text) : undefined;
}

function introduce(incoming: IncomingDocument): { name: string; source: DocumentSource } {
  if (incoming.type === 'url') return { name: incoming.url, source: { type: 'url', url: incoming.url } };
  return { name: incoming.name, source: { type: incoming.type } };
}

/** An id that says what the name says, as far as ids can. */
function idFrom(name: string, taken: readonly string[]): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  const wanted = checkId(slug || `kb-${ulid().toLowerCase().slice(-8)}`, 'knowledge base id');
  const isTaken = taken.some((other) => other.toLowerCase() === wanted);
  return isTaken ? `${wanted}-${ulid().toLowerCase().slice(-6)}` : wanted;
}

/** Ranks of different indexes cannot be compared: the best of each come first. */
function interleaved<T>(lists: readonly T[][]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, rank) => lists.flatMap((list) => list.slice(rank, rank + 1))).flat();
}

async function tenantsOf({ tenantsDir }: DataLayout): Promise<string[]> {
  try {
    const entries = await readdir(tenantsDir, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
