import type { MiddlewareHandler } from 'hono';
import { hasBody, isFramedByNode } from '../has-body.ts';
import type { HttpEnv } from '../http-env.ts';
import { bodyTooLarge } from '../uploads/upload-faults.ts';

/**
 * Refuses bodies over the limit: at once when their length is told, else as soon as the bytes that arrived pass it.
 * Routes that have limits of their own are exempt.
 */
export function bodyLimit(
  maxBytes: () => number,
  isExempt: (path: string, contentType: string) => boolean = () => false,
): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    if (isExempt(c.req.path, c.req.header('Content-Type') ?? '') || !hasBody(c)) return next();
    const max = maxBytes();
    const told = c.req.header('Content-Length');
    if (told !== undefined && !(Number(told) <= max)) throw bodyTooLarge(max);
    const isExact = told !== undefined && isFramedByNode(c) && c.req.header('Transfer-Encoding') === undefined;
    if (!isExact && c.req.raw.body !== null) {
      // From its parts: a request behind a socket need not be one that Request itself takes.
      const { method, headers, signal } = c.req.raw;
      c.req.raw = new Request(c.req.url, { method, headers, signal, body: await readUpTo(c.req.raw.body, max) });
    }
    return next();
  };
}

async function readUpTo(body: ReadableStream<Uint8Array>, max: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > max) throw bodyTooLarge(max);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
