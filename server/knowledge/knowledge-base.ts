import type { IngestionJob, KnowledgeBase, KnowledgeDocument } from '../contract/knowledge.ts';
import { messageOf } from '../lib/app-error.ts';
import { createSerialQueue } from '../lib/serial-queue.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { KnowledgeFolder, KnowledgeMetadata } from './knowledge-folder.ts';
import { type KnowledgeIndex, openKnowledgeIndex } from './knowledge-index.ts';
import { type Passage, passagesOf } from './passages.ts';
import { countTopics, topicIndexes } from './topic-indexes.ts';

/** Passages that are put into the index before others get their turn. */
const batchPassages = 64;

/** One knowledge base that is open. Changes go one after the other. */
export interface OpenKnowledgeBase {
  readonly folder: KnowledgeFolder;
  readonly index: KnowledgeIndex;
  readonly jobs: Map<string, IngestionJob>;
  info(): KnowledgeBase;
  documents(): readonly KnowledgeDocument[];
  /** Puts the document's passages into the index; it is found only once it is published. */
  fill(
    docId: string,
    title: string,
    pages: readonly string[],
    tell: (done: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<void>;
  publish(doc: KnowledgeDocument, original: Uint8Array, pages: readonly string[]): Promise<void>;
  unpublish(docId: string): Promise<void>;
  change(change: Partial<KnowledgeMetadata>): Promise<void>;
  /** Makes the index anew from the texts. */
  reindex(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the folder, removes what a crash left over, and brings the index up to the documents. */
export async function openKnowledgeBase(
  folder: KnowledgeFolder,
  stored: KnowledgeMetadata,
  now: () => number,
  logger: Logger,
): Promise<OpenKnowledgeBase> {
  let metadata = stored;
  let docs = await folder.documents();
  const index = openKnowledgeIndex(folder.indexFile);
  const jobs = new Map((await folder.jobs()).map((job) => [job.id, job]));
  const queue = createSerialQueue();

  async function fill(
    docId: string,
    title: string,
    pages: readonly string[],
    tell: (done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const passages = [...passagesOf(pages)];
    index.begin(docId);
    for (let done = 0; done < passages.length; done += batchPassages) {
      signal?.throwIfAborted();
      const batch: Passage[] = passages.slice(done, done + batchPassages);
      index.add(docId, title, batch);
      tell(done + batch.length, passages.length);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async function repair(): Promise<void> {
    const known = new Set(docs.map(({ id }) => id));
    for (const id of await folder.keptIds()) if (!known.has(id)) await folder.removeDocument(id);
    const indexed = index.documents();
    for (const id of indexed) if (!known.has(id)) index.remove(id);
    for (const { id, title } of docs) if (!indexed.has(id)) await refill(id, title);
  }

  async function refill(id: string, title: string): Promise<void> {
    try {
      await fill(id, title, await folder.pages(id), () => undefined);
      index.finish(id, title);
    } catch (error) {
      // Its text is gone or cannot be read: the others are still found.
      logger.warn(`The document ${id} could not be put into the index: ${messageOf(error)}`, { kbId: metadata.id });
    }
  }

  async function store(next: KnowledgeDocument[]): Promise<void> {
    await folder.writeDocuments(next);
    docs = next;
    metadata = { ...metadata, updatedAt: now() };
    await folder.writeMetadata(metadata);
    await folder.writeIndexes(topicIndexes(metadata.name, docs));
  }

  await repair();
  return {
    folder,
    index,
    jobs,
    info: () => ({
      ...metadata,
      topics: countTopics(docs),
      documents: docs.length,
      sizeBytes: docs.reduce((sum, { sizeBytes, characters }) => sum + sizeBytes + characters, 0),
    }),
    documents: () => docs,
    fill,
    publish: (doc, original, pages) =>
      queue(async () => {
        await folder.keep(doc.id, original, pages);
        await store([...docs.filter(({ id }) => id !== doc.id), doc]);
        index.finish(doc.id, doc.title);
      }),
    unpublish: (docId) =>
      queue(async () => {
        await store(docs.filter(({ id }) => id !== docId));
        index.remove(docId);
        await folder.removeDocument(docId);
        for (const job of [...jobs.values()].filter((one) => one.docId === docId)) {
          jobs.delete(job.id);
          await folder.removeJob(job.id);
          await folder.removeTask(job.id);
        }
      }),
    change: (change) =>
      queue(async () => {
        const next = { ...metadata, ...change, updatedAt: now() };
        await folder.writeMetadata(next);
        metadata = next;
        await folder.writeIndexes(topicIndexes(metadata.name, docs));
      }),
    reindex: () =>
      queue(async () => {
        for (const { id, title } of docs) await refill(id, title);
      }),
    close: () => queue(async () => index.close()),
  };
}
