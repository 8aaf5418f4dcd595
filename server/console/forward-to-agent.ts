import { AppError } from '../lib/app-error.ts';
import type { ConsoleContext } from './context.ts';
import { createRequestKeeper } from './request-keeper.ts';

/** Where the agent API seems to live for requests that never leave this process. */
const agentOrigin = 'http://agent.internal';

/**
 * Hands a request to the embedded server's own API in this process; its answer is passed on as it is, and ends with
 * `outer`. Throws AppError `server_not_running` (409).
 */
export type ForwardToAgent = (path: string, init: RequestInit, outer: Request) => Promise<Response>;

export function createForwardToAgent({ server, dropSignal }: ConsoleContext): ForwardToAgent {
  const keep = createRequestKeeper();

  return async (path, init, outer) => {
    const parts = server.parts();
    if (!parts) {
      throw new AppError('server_not_running', 'The server is not running. Start it, then send again.', {
        status: 409,
      });
    }
    const signal = AbortSignal.any([outer.signal, dropSignal()]);
    const inner = new Request(`${agentOrigin}${path}`, { ...init, signal });
    return keep(await parts.fetch(inner), inner, outer);
  };
}

/**
 * The method, type and body of a request, read as they come: the agent API has limits of its own. A listener gives every
 * DELETE a body, if an empty one: only what names its type brings any.
 */
export function sameRequest({ method, headers, body }: Request): RequestInit {
  const type = headers.get('Content-Type');
  return {
    method,
    headers: { Accept: 'application/json, text/event-stream', ...(type !== null && { 'Content-Type': type }) },
    ...(type !== null && body && { body, duplex: 'half' }),
  };
}
