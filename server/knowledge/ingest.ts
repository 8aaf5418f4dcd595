import { createHash } from 'node:crypto';
import type { IngestionJob, IngestionStep, IngestionStepName, KnowledgeDocument } from '../contract/knowledge.ts';
import type { DocumentReader } from '../documents/document-reader.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { type Ask, describeDocument } from './describe-document.ts';
import type { OpenKnowledgeBase } from './knowledge-base.ts';
import { countTopics } from './topic-indexes.ts';

export interface IngestionParts {
  documents: DocumentReader;
  ask: Ask;
  /** Brings a page of the web; the same rules hold as for the tools of an agent. */
  fetchUrl(url: string, signal: AbortSignal): Promise<{ bytes: Uint8Array; mediaType: string }>;
  now(): number;
}

/** Makes one waiting document into a published one, step by step. Throws AppErrors; rejects with the signal's reason. */
export async function ingest(
  base: OpenKnowledgeBase,
  job: IngestionJob,
  parts: IngestionParts,
  onChange: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { now } = parts;
  const waiting = await base.folder.task(job.id);
  if (!waiting)
    throw new AppError('document_missing', 'What was to be read is gone. Add the document again.', { status: 409 });
  const { task } = waiting;

  async function step<T>(name: IngestionStepName, work: (step: IngestionStep) => Promise<T>): Promise<T> {
    const current = job.steps.find((one) => one.name === name);
    if (!current) throw new Error(`there is no step ${name}`);
    signal.throwIfAborted();
    Object.assign(current, { status: 'running', startedAt: now() });
    await onChange();
    try {
      const result = await work(current);
      if (current.status === 'running') current.status = 'done';
      return result;
    } catch (error) {
      current.status = 'failed';
      throw error;
    } finally {
      current.endedAt = now();
    }
  }

  const { bytes, mediaType } = await step('fetch', async (current) => {
    if (task.source.type === 'url') return parts.fetchUrl(task.source.url, signal);
    current.status = 'skipped';
    return { bytes: waiting.original ?? new Uint8Array(), mediaType: task.mediaType };
  });
  const text = await step('extract', async (current) => {
    const read = await parts.documents.read(bytes, { name: nameForKind(task.name), mediaType }, signal);
    current.note = read.pages.length === 1 ? '1 page' : `${read.pages.length} pages`;
    return read;
  });
  if (text.pages.every((page) => page.trim() === '')) {
    throw new AppError('document_empty', `“${task.name}” holds no text: it is empty, or a scan without a text layer.`, {
      status: 422,
    });
  }
  const described = await step('describe', async (current) => {
    const topics = { taxonomy: base.info().taxonomy, inUse: countTopics(base.documents()).map(({ name }) => name) };
    const document = { ...text, name: task.name };
    try {
      const description = await describeDocument(document, topics, parts.ask, signal);
      if (description.describedBy === 'excerpt')
        current.note = 'No model described it; its beginning is shown instead.';
      return description;
    } catch (error) {
      signal.throwIfAborted();
      current.note = `No model described it: ${messageOf(error)}`;
      return describeDocument(document, topics, async () => undefined, signal);
    }
  });
  const doc: KnowledgeDocument = {
    id: job.docId,
    name: task.name,
    kind: text.kind,
    source: task.source,
    ...described,
    pages: text.pages.length,
    characters: text.pages.reduce((sum, page) => sum + page.length, 0),
    sizeBytes: bytes.length,
    isCut: text.isCut,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    addedAt: now(),
  };
  await step('index', (current) =>
    base.fill(doc.id, doc.title, text.pages, (done, total) => Object.assign(current, { done, total }), signal),
  );
  await step('publish', () => base.publish(doc, bytes, text.pages));
  await base.folder.removeTask(job.id);
}

/** An address ends in anything; what its server says of the bytes counts then. */
function nameForKind(name: string): string {
  return URL.canParse(name) ? (new URL(name).pathname.split('/').at(-1) ?? '') : name;
}
