import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { NumberedEvent, RunEvent } from '../../../server/contract/events.ts';
import { ApiError, errorOf, toApiError } from '../../api/api-error.ts';
import { apiBase, consoleHeader } from '../../api/client.ts';
import { createFrameBatch } from './frame-batch.ts';

export interface ChatBody {
  message: string;
  sessionId?: string;
  tenantId?: string;
  userId?: string;
  agentId?: string;
  model?: string;
}

export type RunSource = { request: ChatBody; files?: readonly File[] } | { runId: string };

export interface RunHandlers {
  onStart(ids: { sessionId: string; runId: string }): void;
  /** At most once per frame. */
  onEvents(events: NumberedEvent[]): void;
  /** The connection broke and is being made again, or is back. */
  onConnection(isUp: boolean): void;
  onEnd(): void;
  /** The last call. Nothing came, or the run cannot be followed any more. */
  onError(error: ApiError): void;
}

const firstWaitMs = 300;
const longestWaitMs = 4_000;
/** A console that is gone this long took the run with it. */
const giveUpAfterMs = 45_000;

/** Follows one run to its end over as many connections as that takes. Returns what leaves it early. */
export function followRun(source: RunSource, handlers: RunHandlers): () => void {
  const leaving = new AbortController();
  const { signal } = leaving;
  const batch = createFrameBatch<NumberedEvent>(handlers.onEvents);
  let runId = 'runId' in source ? source.runId : undefined;
  let last = 0;
  let hasEnded = false;

  function connect(): Promise<Response> {
    if (runId !== undefined) {
      const url = `${apiBase}/chat/runs/${encodeURIComponent(runId)}/events?after=${last}`;
      return fetch(url, { headers: consoleHeader, signal });
    }
    if ('request' in source && source.files) {
      const form = formOf(source.request, source.files);
      return fetch(`${apiBase}/chat/form`, { method: 'POST', headers: consoleHeader, body: form, signal });
    }
    const body = JSON.stringify('request' in source ? source.request : {});
    const headers = { ...consoleHeader, 'Content-Type': 'application/json' };
    return fetch(`${apiBase}/chat/stream`, { method: 'POST', headers, body, signal });
  }

  /** Reads one connection until it ends or breaks. */
  async function read(response: Response): Promise<void> {
    if (!response.ok || !response.body) throw await errorOf(response);
    const started = response.headers.get('X-Run-Id');
    if (started !== null && runId === undefined) {
      runId = started;
      handlers.onStart({ runId: started, sessionId: response.headers.get('X-Session-Id') ?? '' });
    }
    handlers.onConnection(true);
    const messages = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    for await (const { id, data } of readerOf(messages)) {
      const sequence = Number(id);
      const event = JSON.parse(data) as RunEvent;
      last = Math.max(last, sequence);
      batch.push({ sequence, event });
      if (event.type === 'context_usage') hasEnded = true;
    }
  }

  async function follow(): Promise<void> {
    let waitMs = firstWaitMs;
    let brokenAt: number | undefined;
    while (!signal.aborted) {
      const before = last;
      try {
        await read(await connect());
      } catch (thrown) {
        const error = toApiError(thrown);
        const isRefused = error.status !== 0 || runId === undefined;
        if (isRefused || Date.now() - (brokenAt ?? Date.now()) > giveUpAfterMs) throw error;
      }
      if (hasEnded) return;
      if (last > before) {
        waitMs = firstWaitMs;
        brokenAt = undefined;
      }
      brokenAt ??= Date.now();
      handlers.onConnection(false);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      waitMs = Math.min(waitMs * 2, longestWaitMs);
    }
  }

  follow().then(
    () => {
      batch.flush();
      if (!signal.aborted) handlers.onEnd();
    },
    (thrown: unknown) => {
      batch.flush();
      if (signal.aborted) return;
      const error = toApiError(thrown);
      const isLost = runId !== undefined && error.code === 'run_not_found';
      handlers.onError(isLost ? new ApiError('run_lost', error.message) : error);
    },
  );
  return () => {
    leaving.abort();
    batch.flush();
  };
}

function formOf(request: ChatBody, files: readonly File[]): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(request)) form.append(name, String(value));
  for (const file of files) form.append('file', file, file.name);
  return form;
}

/** Streams are not iterable in every browser. */
async function* readerOf<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}
