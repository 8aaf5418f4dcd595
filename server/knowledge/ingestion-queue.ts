import type { IngestionJob } from '../contract/knowledge.ts';
import { toStorageError } from '../data/storage-error.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type IngestionParts, ingest } from './ingest.ts';
import type { OpenKnowledgeBase } from './knowledge-base.ts';

/** Finished jobs that a knowledge base remembers. */
const keptJobs = 200;

/** Carries out jobs, a few at a time, in the order they came. */
export interface IngestionQueue {
  enqueue(base: OpenKnowledgeBase, job: IngestionJob): void;
  /** Ends the job, whether it goes on or waits; resolves when it has ended. */
  end(jobId: string): Promise<void>;
  /** Resolves when no job is left. */
  idle(): Promise<void>;
  /** Ends what goes on and starts nothing more; the jobs stay as they are, for the next start. */
  close(): Promise<void>;
}

export function createIngestionQueue(options: IngestionParts & { logger: Logger; width?: number }): IngestionQueue {
  const { logger, now, width = 2 } = options;
  const running = new Map<string, { stop: AbortController; done: Promise<void> }>();
  const waiting: { base: OpenKnowledgeBase; job: IngestionJob }[] = [];
  let isClosed = false;

  function pump(): void {
    while (!isClosed && running.size < width) {
      const next = waiting.shift();
      if (!next) return;
      const stop = new AbortController();
      const done = carryOut(next.base, next.job, stop.signal).finally(() => {
        running.delete(next.job.id);
        pump();
      });
      running.set(next.job.id, { stop, done });
    }
  }

  /** Never rejects: what went wrong is in the job. */
  async function carryOut(base: OpenKnowledgeBase, job: IngestionJob, signal: AbortSignal): Promise<void> {
    const save = async () => {
      job.updatedAt = now();
      if (base.jobs.has(job.id)) await base.folder.writeJob(job);
    };
    try {
      job.status = 'running';
      await ingest(base, job, options, save, signal);
      job.status = 'done';
      await save();
      await forgetOld(base);
    } catch (error) {
      // The index holds nothing of what is not published.
      base.index.remove(job.docId);
      // A stop of the server leaves the job as it is: the next start takes it up.
      if (signal.aborted && isClosed) return;
      conclude(job, signal, error);
      await save().catch((fault: unknown) => logger.error(`A job could not be stored: ${messageOf(fault)}`));
    }
  }

  function conclude(job: IngestionJob, signal: AbortSignal, error: unknown): void {
    job.status = signal.aborted ? 'cancelled' : 'failed';
    if (signal.aborted) return;
    const known = toStorageError(error);
    const code = known instanceof AppError ? known.code : 'ingestion_failed';
    job.error = { code, message: messageOf(known) };
    logger.warn(`The document “${job.name}” could not be added: ${messageOf(known)}`, { kbId: job.kbId, code });
  }

  async function forgetOld(base: OpenKnowledgeBase): Promise<void> {
    const done = [...base.jobs.values()].filter(({ status }) => status === 'done' || status === 'cancelled');
    for (const { id } of done.slice(0, Math.max(0, done.length - keptJobs))) {
      base.jobs.delete(id);
      await base.folder.removeJob(id);
    }
  }

  return {
    enqueue(base, job) {
      waiting.push({ base, job });
      pump();
    },
    async end(jobId) {
      const place = waiting.findIndex(({ job }) => job.id === jobId);
      if (place >= 0) waiting.splice(place, 1);
      const work = running.get(jobId);
      work?.stop.abort(new Error('the job was cancelled'));
      await work?.done;
    },
    async idle() {
      while (running.size > 0) await Promise.all([...running.values()].map(({ done }) => done));
    },
    async close() {
      isClosed = true;
      waiting.length = 0;
      for (const { stop } of running.values()) stop.abort(new Error('the server is stopping'));
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
}
