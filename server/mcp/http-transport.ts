import { type FetchLike, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import { AppError } from '../lib/app-error.ts';
import type { SecretSource } from '../secrets/secret-source.ts';
import { limitMessages } from './limit-messages.ts';
import { withSecrets } from './secret-references.ts';

export interface HttpTransportOptions {
  name: string;
  url: string;
  headers: Readonly<Record<string, string>>;
  secrets: Pick<SecretSource, 'get'>;
  maxMessageBytes: number;
  /** In the place of the network in tests. */
  fetch?: typeof fetch;
}

export interface HttpTransport {
  transport: Transport & { terminateSession(): Promise<void> };
  /** Why the last request did not get an answer; the client keeps that to itself while it shakes hands. */
  fault(): AppError | undefined;
}

/**
 * Streamable HTTP. Headers are made anew for each request, so a changed secret is used by the next one, and go to no
 * other origin: redirects that leave it fail the request.
 */
export function createHttpTransport(options: HttpTransportOptions): HttpTransport {
  const { name, url, headers, secrets, maxMessageBytes } = options;
  const send = options.fetch ?? fetch;
  const { origin } = new URL(url);

  let fault: AppError | undefined;

  const ask: FetchLike = async (target, init) => {
    const all = new Headers(init?.headers);
    if (new URL(target).origin === origin) {
      for (const [header, value] of Object.entries(withSecrets(headers, secrets))) all.set(header, value.trim());
    }
    try {
      return await send(target, { ...init, headers: all });
    } catch (error) {
      throw init?.signal?.aborted ? error : unreachable(name, error);
    }
  };
  const guarded: FetchLike = async (target, init) => {
    fault = undefined;
    const response = await ask(target, init).catch((error: unknown) => {
      if (error instanceof AppError) fault = error;
      throw error;
    });
    if (!response.body) return response;
    const limited = limitMessages(response.body, response.headers.get('content-type') ?? '', maxMessageBytes);
    const { status, statusText, headers: received } = response;
    return new Response(limited, { status, statusText, headers: received });
  };
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    fetch: guarded,
    redirectPolicy: 'same-origin',
    reconnectionOptions: {
      initialReconnectionDelay: 1000,
      maxReconnectionDelay: 30_000,
      reconnectionDelayGrowFactor: 2,
      maxRetries: 5,
    },
  });
  return { transport, fault: () => fault };
}

function unreachable(name: string, error: unknown): AppError {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? ` (${cause.code})` : '';
  return new AppError('mcp_unreachable', `The MCP server ${name} cannot be reached${code}. Is it running?`, {
    status: 502,
    cause: error,
  });
}
