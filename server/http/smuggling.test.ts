import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Listening, listen } from './listen.ts';

const host = '127.0.0.1';
let listening: Listening;
let asked: string[];

beforeEach(async () => {
  asked = [];
  const fetch = async (request: Request) => {
    asked.push(new URL(request.url).pathname);
    return new Response(await request.text());
  };
  listening = await listen({ fetch }, { host, port: 0, timeouts: { headersMs: 500, requestMs: 500, checkMs: 50 } });
});
afterEach(() => listening.close(0));

/** The whole answer to bytes that are sent as they are. */
async function exchange(bytes: string): Promise<string> {
  const socket = connect(listening.port, host);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => (text += chunk));
  socket.on('error', () => undefined);
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  return text;
}

const hidden = 'GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n';
const post = (headers: string, body: string) => `POST /seen HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n${body}`;

/** What a proxy in front and this server could read differently. */
it.each([
  ['a length and chunks', post(`Content-Length: 5\r\nTransfer-Encoding: chunked`, `0\r\n\r\n${hidden}`)],
  ['chunks and a length', post(`Transfer-Encoding: chunked\r\nContent-Length: 5`, `0\r\n\r\n${hidden}`)],
  ['two lengths', post(`Content-Length: 0\r\nContent-Length: ${hidden.length}`, hidden)],
  ['two lengths in one line', post(`Content-Length: 0, ${hidden.length}`, hidden)],
  ['a length with a sign', post(`Content-Length: +0`, hidden)],
  ['a length that is no number', post(`Content-Length: 0x0`, hidden)],
  ['a coding that is not known', post(`Transfer-Encoding: xchunked`, hidden)],
  ['chunks that are not the last coding', post(`Transfer-Encoding: chunked, identity`, `0\r\n\r\n${hidden}`)],
  ['a space before the colon', post(`Transfer-Encoding : chunked`, `0\r\n\r\n${hidden}`)],
  ['a header that is folded', post(`X: a\r\n Transfer-Encoding: chunked`, `0\r\n\r\n${hidden}`)],
  ['a bare CR in a header', post(`X: a\rTransfer-Encoding: chunked`, `0\r\n\r\n${hidden}`)],
  ['a size of a chunk that is no number', post(`Transfer-Encoding: chunked`, `0_\r\n\r\n${hidden}`)],
  ['an extension that ends with a bare LF', post(`Transfer-Encoding: chunked`, `1;\n\n2\r\n\r\n0\r\n\r\n${hidden}`)],
])('%s do not hide a second request', async (_, bytes) => {
  const text = await exchange(bytes);
  expect(asked).not.toContain('/hidden');
  expect(text).toMatch(/^(?:HTTP\/1\.1 4\d\d |$)/);
});

it('two whole requests on one connection are two', async () => {
  const text = await exchange(`${post('Content-Length: 2', 'ab')}${hidden}`);
  expect(asked).toEqual(['/seen', '/hidden']);
  expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
});

it('what a client sends ends in no header of the answer', async () => {
  const text = await exchange('GET /a%0d%0aX-Own:%201 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  expect(text).not.toMatch(/^x-own/im);
});
