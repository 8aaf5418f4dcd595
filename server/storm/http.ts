import { createParser } from 'eventsource-parser';
import type { RunEvent } from '../contract/events.ts';

/** What came back from the server, or nothing: then it was killed before it answered. */
export interface Answer<T> {
  status: number;
  body: T;
}

/** A connection that broke, as it does when the server is killed. */
export class ServerGone extends Error {
  override readonly name = 'ServerGone';
}

/** One request of the agent API. Throws ServerGone when no whole answer came. */
export async function send<T>(base: string, method: string, path: string, body?: unknown): Promise<Answer<T>> {
  try {
    const response = await fetch(`${base}${path}`, requestOf(method, body));
    const text = await response.text();
    return { status: response.status, body: parse(text) as T };
  } catch (cause) {
    throw new ServerGone(`${method} ${path}`, { cause });
  }
}

export interface OpenStream {
  status: number;
  runId: string;
  sessionId: string;
  /** The body of an answer that is no stream. */
  refusal?: unknown;
  /** Ends with the stream; throws ServerGone when it broke. */
  events: AsyncGenerator<RunEvent>;
  leave(): void;
}

/** Opens a stream of run events. A refusal has no events. */
export async function openStream(base: string, method: string, path: string, body?: unknown): Promise<OpenStream> {
  const leaving = new AbortController();
  try {
    const response = await fetch(`${base}${path}`, { ...requestOf(method, body), signal: leaving.signal });
    return {
      status: response.status,
      runId: response.headers.get('X-Run-Id') ?? '',
      sessionId: response.headers.get('X-Session-Id') ?? '',
      ...(!response.ok && { refusal: parse(await response.text()) }),
      events: readEvents(response),
      leave: () => leaving.abort(),
    };
  } catch (cause) {
    throw new ServerGone(`${method} ${path}`, { cause });
  }
}

async function* readEvents(response: Response): AsyncGenerator<RunEvent> {
  const waiting: RunEvent[] = [];
  const parser = createParser({ onEvent: ({ data }) => waiting.push(JSON.parse(data) as RunEvent) });
  const decoder = new TextDecoder();
  if (response.body === null || response.bodyUsed) return;
  try {
    for await (const chunk of response.body) {
      parser.feed(decoder.decode(chunk, { stream: true }));
      yield* waiting.splice(0);
    }
  } catch (cause) {
    throw new ServerGone('a stream', { cause });
  }
}

function requestOf(method: string, body: unknown): RequestInit {
  if (body === undefined) return { method };
  return { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

/** JSON as its value, anything else as it is. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
