import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { type Endpoint, requestEngine } from './endpoint.ts';

const attachTimeoutMs = 10_000;
const keepAliveMs = 30_000;
const maxWords = 500;

/**
 * Attaches stdin, stdout and stderr of a container as one raw connection. Made here rather than through the library,
 * which sends its options as a request body: an engine that reads ahead would hand those bytes to the container.
 */
export function attachContainer(endpoint: Endpoint, apiVersion: string, containerId: string): Promise<Duplex> {
  const query = 'stream=1&stdin=1&stdout=1&stderr=1';
  return hijack(endpoint, `/${apiVersion}/containers/${encodeURIComponent(containerId)}/attach?${query}`);
}

/** Asks for a raw connection; `body` is the whole request. */
export function hijack(endpoint: Endpoint, path: string, body?: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const request = requestEngine(endpoint, {
      method: 'POST',
      path,
      headers: {
        connection: 'Upgrade',
        upgrade: 'tcp',
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      },
      timeout: attachTimeoutMs,
    });
    request.on('upgrade', (_response, socket, head) => {
      socket.setTimeout(0);
      // A remote engine must learn of our death by power loss, too: it ends the sandbox with the connection.
      if (socket instanceof Socket) {
        socket.setKeepAlive(true, keepAliveMs);
      }
      if (head.length > 0) {
        socket.unshift(head);
      }
      resolve(socket);
    });
    request.on('response', (response) => {
      text(response.setEncoding('utf8')).then((said) => reject(refusal(response.statusCode ?? 0, said)), reject);
    });
    request.on('timeout', () => request.destroy(new Error('The engine did not answer the attach request in time.')));
    request.on('error', reject);
    request.end(body);
  });
}

/** In the shape of the library's errors, so that one table maps both. */
function refusal(statusCode: number, said: string): Error {
  const message = z.object({ message: z.string() }).safeParse(parseJson(said));
  const words = message.success ? message.data.message : said.slice(0, maxWords);
  return Object.assign(new Error(`The engine refused a connection to the sandbox: ${words}`), { statusCode });
}

function parseJson(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    return undefined;
  }
}
