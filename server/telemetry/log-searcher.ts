import { Worker } from 'node:worker_threads';
import { AppError } from '../lib/app-error.ts';
import type { ScanAnswer, ScanTask } from './log-scan.ts';
import type { SearchAnswer, SearchMessage } from './log-search-worker.ts';
import { regexTooSlow } from './text-matcher.ts';

/** Source and bundle lie in different folders and have different endings. */
const workerFile = import.meta.url.endsWith('.ts') ? './log-search-worker.ts' : './log-search-worker.js';
const idleMs = 30_000;
/** A search that does not come back this long after its time is up hangs in one expression. */
const graceMs = 8000;

/** Searches in a thread of its own, so that no expression and no number of lines holds up the program. */
export interface LogSearcher {
  /** Rejects with AppErrors `regex_too_slow` and `log_search_failed`, or the signal's reason. */
  search(task: ScanTask, signal?: AbortSignal): Promise<ScanAnswer>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(answer: ScanAnswer): void;
  reject(error: unknown): void;
}

export function createLogSearcher(): LogSearcher {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let count = 0;
  let isClosed = false;

  function open(): Worker {
    const started = new Worker(new URL(workerFile, import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 64 },
      env: {},
    });
    // A search under way keeps nothing alive: the program may end.
    started.unref();
    started.on('message', (message: SearchAnswer) => {
      const asked = waiting.get(message.id);
      if ('answer' in message) asked?.resolve(message.answer);
      else asked?.reject(errorOf(message.fault));
    });
    started.on('error', (error) => end(started, failed(error)));
    started.on('exit', () => end(started, failed(undefined)));
    return started;
  }

  /** The thread is gone, and with it all searches. */
  function end(gone: Worker, reason: AppError): Promise<unknown> {
    if (worker === gone) {
      worker = undefined;
      for (const { reject } of waiting.values()) reject(reason);
    }
    return gone.terminate();
  }

  function rest(): void {
    if (waiting.size > 0 || !worker) return;
    const resting = worker;
    idle = setTimeout(() => void end(resting, failed(undefined)), idleMs);
    idle.unref();
  }

  return {
    async search(task, signal) {
      signal?.throwIfAborted();
      if (isClosed) throw failed(undefined);
      clearTimeout(idle);
      worker ??= open();
      const asked = worker;
      const id = ++count;
      const ended = Promise.withResolvers<ScanAnswer>();
      waiting.set(id, ended);
      const post = (message: SearchMessage) => asked.postMessage(message);
      const onAbort = () => {
        post({ cancel: id });
        ended.reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const overdue = setTimeout(() => void end(asked, regexTooSlow()), task.budgetMs + graceMs);
      post({ id, task });
      try {
        return await ended.promise;
      } finally {
        clearTimeout(overdue);
        signal?.removeEventListener('abort', onAbort);
        waiting.delete(id);
        rest();
      }
    },
    async close() {
      isClosed = true;
      clearTimeout(idle);
      if (worker) await end(worker, failed(undefined));
    },
  };
}

function errorOf({ code, message }: { code?: string; message: string }): AppError {
  if (code === 'regex_too_slow' || code === 'invalid_regex') return new AppError(code, message, { status: 400 });
  return failed(new Error(message));
}

function failed(cause: Error | undefined): AppError {
  return new AppError('log_search_failed', 'The log could not be searched. Try again.', {
    status: 503,
    ...(cause && { cause }),
  });
}
