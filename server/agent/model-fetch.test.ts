import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { modelFetch } from './model-fetch.ts';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

const ask = modelFetch(fetch);

test('a text arrives whole, with its length told and its headers as they were', async () => {
  const url = await serve(async (request, response) => {
    const { 'content-length': length, 'transfer-encoding': coding, 'x-api-key': key } = request.headers;
    response.end(JSON.stringify({ body: await text(request), length, coding, key }));
  });
  const body = `{"text":"${'grün 🌲'.repeat(20_000)}"}`;
  const answer = await ask(url, { method: 'POST', headers: { 'x-api-key': 'k' }, body });
  expect(await answer.json()).toEqual({ body, length: String(Buffer.byteLength(body)), key: 'k' });
});

test('a call that is aborted ends with the reason', async () => {
  const url = await serve(() => undefined);
  const aborting = new AbortController();
  const call = ask(url, { method: 'POST', body: '{}', signal: aborting.signal });
  aborting.abort(new Error('enough'));
  await expect(call).rejects.toThrow('enough');
});

test.each([301, 302, 303, 307, 308])('HTTP %i is not followed: the key stays here', async (status) => {
  let reached = 0;
  const elsewhere = await serve((_, response) => {
    reached += 1;
    response.end('{}');
  });
  const url = await serve((_, response) => response.writeHead(status, { location: `${elsewhere}/x?y=z` }).end());
  const call = ask(url, { method: 'POST', headers: { 'x-api-key': 'k' }, body: '{}' });
  await expect(call).rejects.toMatchObject({ code: 'provider_redirected' });
  expect(reached).toBe(0);
});

test('an answer that is no redirect is handed on, whatever its status', async () => {
  const url = await serve((_, response) => response.writeHead(429, { 'retry-after': '3' }).end('slow down'));
  const answer = await ask(url, { method: 'POST', body: '{}' });
  expect([answer.status, answer.headers.get('retry-after'), await answer.text()]).toEqual([429, '3', 'slow down']);
});

test('deltas that arrive in one piece travel on as one; an answer that is no stream of events stays as it is', async () => {
  const events = [1, 2, 3, 4].map((n) => `data: {"choices":[{"delta":{"content":"${n}"}}]}\n\n`).join('');
  for (const [type, deltas] of [
    ['text/event-stream; charset=utf-8', 2],
    ['application/json', 4],
  ] as const) {
    const url = await serve((_, response) => response.writeHead(200, { 'content-type': type }).end(events));
    const answer = await ask(url, { method: 'POST', body: '{}' });
    expect((await answer.text()).split('"content"').length - 1).toBe(deltas);
  }
});

test('a stream that is left closes its connection', async () => {
  const left = Promise.withResolvers<void>();
  const url = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    response.on('close', left.resolve);
  });
  const answer = await ask(url, { method: 'POST', body: '{}' });
  const reader = answer.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await expect(left.promise).resolves.toBeUndefined();
});
