import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMcpBench } from './testing/mcp-bench.ts';

const never = () => new AbortController().signal;

async function serve(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

async function idOf(request: IncomingMessage): Promise<{ id?: number; method?: string }> {
  return JSON.parse((await text(request)) || '{}') as { id?: number; method?: string };
}

/** Speaks just enough of the protocol to be called. */
function speak(call: (id: number) => string): RequestListener {
  return async (request, response) => {
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const { id, method } = await idOf(request);
    if (id === undefined) return void response.writeHead(202).end();
    const results: Record<string, object> = {
      initialize: {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'own', version: '1' },
      },
      'tools/list': { tools: [{ name: 'go', inputSchema: { type: 'object' } }] },
    };
    const result = results[method ?? ''];
    const known = result && JSON.stringify({ jsonrpc: '2.0', id, result });
    const unknown = JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } });
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(known ?? (method === 'tools/call' ? call(id) : unknown));
  };
}

describe('a server that is reached over HTTP', () => {
  it('gets headers with secrets as they are at each request, and no redirect takes them elsewhere', async () => {
    const seen: (string | undefined)[] = [];
    const elsewhere = await serve((request, response) => {
      seen.push(`elsewhere ${request.headers.authorization}`);
      response.writeHead(200).end();
    });
    let isMoved = false;
    const answer = speak((id) => JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } }));
    const url = await serve((request, response) => {
      seen.push(request.headers.authorization);
      if (isMoved) response.writeHead(307, { Location: elsewhere }).end();
      else answer(request, response);
    });
    let key = 'one';
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is how settings name a secret.
    const headers = { Authorization: 'Bearer ${OWN_KEY}' };
    const secrets = { get: () => ({ value: key, origin: 'vault' as const }) };
    const { call } = createMcpBench({ own: { url, headers } }, { secrets });
    await call('own', 'go');
    expect(new Set(seen)).toEqual(new Set(['Bearer one']));
    key = 'two';
    await call('own', 'go');
    expect(seen.at(-1)).toBe('Bearer two');
    isMoved = true;
    await expect(call('own', 'go')).rejects.toMatchObject({ code: 'mcp_http_error' });
    expect(seen.filter((one) => one?.startsWith('elsewhere'))).toEqual([]);
  });

  it.each([
    [401, 'mcp_http_error', /HTTP 401.*Check the headers/],
    [404, 'mcp_http_error', /HTTP 404.*Check its url/],
    [500, 'mcp_http_error', /HTTP 500/],
  ])('that answers %i is told of in words', async (status, code, words) => {
    const url = await serve((_, response) => response.writeHead(status).end('no\u0007pe'));
    const { server } = createMcpBench({ own: { url } });
    await expect(server('own').ready(never())).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
  });

  it('fails the call whose answer is too large, and can be called again', async () => {
    let isHuge = true;
    const url = await serve(
      speak((id) => {
        const words = isHuge ? 'x'.repeat(12 * 1024 * 1024) : 'short';
        return JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: words }] } });
      }),
    );
    const { call } = createMcpBench({ own: { url } });
    await expect(call('own', 'go')).rejects.toMatchObject({ code: 'mcp_message_too_large' });
    isHuge = false;
    expect(await call('own', 'go')).toMatchObject({ content: [{ text: 'short' }] });
  });

  it('that never answers delays nobody longer than its startTimeoutMs', async () => {
    const url = await serve(() => undefined);
    const { server } = createMcpBench({ own: { url, startTimeoutMs: 500 } });
    await expect(server('own').ready(never())).rejects.toMatchObject({ code: 'mcp_start_timeout' });
  });

  it('that sends no JSON is told of in words', async () => {
    const url = await serve((_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>Hello'));
    const { server } = createMcpBench({ own: { url } });
    await expect(server('own').ready(never())).rejects.toMatchObject({
      code: 'mcp_protocol',
      message: expect.stringMatching(/content type/i),
    });
  });
});
