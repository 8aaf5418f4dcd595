import { type FetchLike, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import type { SecretSource } from '../secrets/secret-source.ts';
import { limitMessages } from './limit-messages.ts';
import { withSecrets } from './secret-references.ts';

export interface HttpTransportOptions {
  url: string;
  headers: Readonly<Record<string, string>>;
  secrets: Pick<SecretSource, 'get'>;
  maxMessageBytes: number;
  /** In the place of the network in tests. */
  fetch?: typeof fetch;
}

/**
 * Streamable HTTP. Headers are made anew for each request, so a changed secret is used by the next one, and go to no
 * other origin: redirects that leave it fail the request.
 */
export function createHttpTransport(options: HttpTransportOptions): Transport & { terminateSession(): Promise<void> } {
  const { url, headers, secrets, maxMessageBytes } = options;
  const send = options.fetch ?? fetch;
  const { origin } = new URL(url);

  const guarded: FetchLike = async (target, init) => {
    const all = new Headers(init?.headers);
    if (new URL(target).origin === origin) {
      for (const [name, value] of Object.entries(withSecrets(headers, secrets))) all.set(name, value.trim());
    }
    const response = await send(target, { ...init, headers: all });
    if (!response.body) return response;
    const limited = limitMessages(response.body, response.headers.get('content-type') ?? '', maxMessageBytes);
    const { status, statusText, headers: received } = response;
    return new Response(limited, { status, statusText, headers: received });
  };
  return new StreamableHTTPClientTransport(new URL(url), {
    fetch: guarded,
    redirectPolicy: 'same-origin',
    reconnectionOptions: {
      initialReconnectionDelay: 1000,
      maxReconnectionDelay: 30_000,
      reconnectionDelayGrowFactor: 2,
      maxRetries: 5,
    },
  });
}
