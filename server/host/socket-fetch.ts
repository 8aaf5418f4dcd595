import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { toWebStream } from '../lib/to-web-stream.ts';

export type Fetch = (request: Request) => Promise<Response>;

/** `fetch` over a Unix socket or Windows pipe. Rejects with the system's error, or the signal's reason. */
export function createSocketFetch(address: string, token: string): Fetch {
  return async (request) => {
    const { signal } = request;
    signal.throwIfAborted();
    const { pathname, search } = new URL(request.url);
    const sent = httpRequest({
      socketPath: address,
      path: pathname + search,
      method: request.method,
      headers: { ...Object.fromEntries(request.headers), host: 'console.local', authorization: `Bearer ${token}` },
      // One connection each: a command asks little and must not wait for one that rests.
      agent: false,
      signal,
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      sent.once('response', resolve);
      sent.once('error', (error) => reject(signal.aborted ? signal.reason : error));
    });
    // A server that answers before it has read everything ends the sending, which is no fault then.
    if (request.body) pipeline(Readable.fromWeb(request.body as WebStream), sent).catch(() => undefined);
    else sent.end();
    const answer = await answered;
    const headers = new Headers();
    for (const [name, value] of Object.entries(answer.headers))
      if (value !== undefined) headers.set(name, String(value));
    const status = answer.statusCode ?? 502;
    const isEmpty = status === 204 || status === 304;
    if (isEmpty) answer.resume();
    return new Response(isEmpty ? null : toWebStream(answer), { status, headers });
  };
}
