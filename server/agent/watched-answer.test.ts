import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { configSchema } from '../contract/config.ts';
import { systemClock } from '../lib/clock.ts';
import { createDemoModel } from './demo-model.ts';
import { resolveModel } from './model.ts';
import { modelFetch } from './model-fetch.ts';
import { eventTypes, modelIds, runTestLoop, secretsOf, testKeys, wires } from './testing/harness.ts';
import { type AnswerLimits, watchAnswer } from './watched-answer.ts';

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

const head = (more = '') =>
  `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n${more}\r\n`;
const piece = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

/** A provider that writes to its sockets what `answer` wants. Resolves with its address and what becomes of sockets. */
async function serve(answer: (socket: Socket) => void | Promise<void>) {
  const asked: Socket[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', () => {
      asked.push(socket);
      void answer(socket);
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/v1`, asked };
}

/** Writes for ever, as fast as it is read, until the other side is gone. */
async function pour(socket: Socket, text: string): Promise<void> {
  const gone = closed(socket);
  while (!socket.destroyed) {
    const drained = new Promise((resolve) => socket.once('drain', resolve));
    if (!socket.write(piece(text))) await Promise.race([drained, gone]);
  }
}

const closed = (socket: Socket | undefined): Promise<unknown> =>
  socket === undefined || socket.destroyed
    ? Promise.resolve()
    : new Promise((resolve) => socket.once('close', resolve));

const limits: AnswerLimits = { clock: systemClock, idleTimeoutMs: () => 5000, longestEvent: 200_000 };
const ask = (url: string, more: Partial<AnswerLimits> = {}) =>
  modelFetch(fetch, { ...limits, ...more })(url, { method: 'POST', body: '{}' });

test.each([
  ['without a line end', 'x'.repeat(10_000)],
  ['lines of one event without an end', `data: ${'x'.repeat(5000)}\n`],
  ['with ends of lines that are two characters', `data: ${'x'.repeat(5000)}\r\n`],
])('an answer %s is bounded, and its connection is closed', async (_, text) => {
  const { url, asked } = await serve(async (socket) => {
    socket.write(head());
    await pour(socket, text);
  });
  const answer = await ask(url);
  await expect(answer.text()).rejects.toMatchObject({ code: 'provider_answer_too_long', status: 502 });
  await closed(asked[0]);
  expect(asked[0]?.destroyed).toBe(true);
});

test('an answer of whole events is bounded as a whole, comments among them', async () => {
  const { url } = await serve(async (socket) => {
    socket.write(head());
    await pour(socket, ': still here\n\n'.repeat(500));
  });
  const answer = await ask(url, { longestAnswer: 3_000_000 });
  await expect(answer.text()).rejects.toMatchObject({ code: 'provider_answer_too_long' });
});

test('an answer that goes silent is given up, and its connection is closed', async () => {
  const { url, asked } = await serve((socket) => void socket.write(head() + piece('data: {}\n\n')));
  const answer = await ask(url, { idleTimeoutMs: () => 50 });
  await expect(answer.text()).rejects.toMatchObject({ code: 'provider_silent', status: 502 });
  await closed(asked[0]);
  expect(asked[0]?.destroyed).toBe(true);
});

test('comments that keep a connection alive keep the answer alive', async () => {
  const time = { now: 0 };
  const sleeping: (() => void)[] = [];
  const clock = {
    now: () => time.now,
    monotonic: () => time.now,
    sleep: () => new Promise<void>((resolve) => sleeping.push(resolve)),
  };
  const parts = new TransformStream<Uint8Array, Uint8Array>();
  const writer = parts.writable.getWriter();
  const answer = watchAnswer(new Response(parts.readable), { clock, idleTimeoutMs: () => 1000 });
  const reader = answer.body?.getReader();
  for (let beat = 0; beat < 20; beat += 1) {
    const reading = reader?.read();
    await writer.write(new TextEncoder().encode(': alive\n\n'));
    expect((await reading)?.done).toBe(false);
    time.now += 900;
    // The watch looks, and finds that something came within the time.
    for (const wake of sleeping.splice(0)) wake();
  }
  while (sleeping.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const silent = reader?.read();
  time.now += 1001;
  for (const wake of sleeping.splice(0)) wake();
  await expect(silent).rejects.toMatchObject({ code: 'provider_silent' });
});

test('whoever reads slowly does not make the provider silent', async () => {
  const { url } = await serve((socket) => void socket.end(`${head() + piece('data: 1\n\n')}0\r\n\r\n`));
  const answer = await ask(url, { idleTimeoutMs: () => 20 });
  await systemClock.sleep(80);
  expect(await answer.text()).toBe('data: 1\n\n');
});

test('a refusal is read as far as its words may matter, with its status and headers', async () => {
  const { url } = await serve(async (socket) => {
    socket.write('HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n');
    await pour(socket, 'slow down '.repeat(1000));
  });
  const answer = await ask(url);
  const text = await answer.text();
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7']);
  expect(text.startsWith('slow down')).toBe(true);
  expect(text.length).toBeLessThan(600_000);
});

test('an answer arrives byte for byte, however it is cut, while no event is too long', async () => {
  const events = fc.array(
    fc.tuple(fc.string({ maxLength: 30 }), fc.constantFrom('\n\n', '\r\n\r\n', '\r\r', '\n\r', '\n\r\n')),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(events, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), async (told, sizes) => {
      const bytes = new TextEncoder().encode(
        told.map(([text, end]) => `:${text.replace(/[\r\n]/g, '')}${end}`).join(''),
      );
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            controller.enqueue(bytes.slice(at, at + size));
            at += size;
          }
          controller.close();
        },
      });
      // An event is 125 bytes at most here, and all of them many more.
      const answer = watchAnswer(new Response(body), { ...limits, longestEvent: 140 });
      expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes);
    }),
    { numRuns: 200 },
  );
});

test('a call that is aborted ends with its reason, also while bytes are waited for', async () => {
  const { url } = await serve((socket) => void socket.write(head() + piece('data: 1\n\n')));
  const aborting = new AbortController();
  const answer = await modelFetch(fetch, limits)(url, { method: 'POST', body: '{}', signal: aborting.signal });
  const text = answer.text();
  aborting.abort(new Error('enough'));
  await expect(text).rejects.toThrow('enough');
});

describe.each(wires)('a run on the %s wire', (wire) => {
  const modelAt = (baseUrl: string, more: Partial<AnswerLimits>) => {
    const config = configSchema.parse({ llm: { provider: wire, modelId: modelIds[wire], baseUrl } });
    return resolveModel(undefined, {
      config: () => config,
      secrets: secretsOf(testKeys),
      demo: () => createDemoModel(async () => undefined),
      fetch: modelFetch(fetch, { ...limits, ...more }),
    });
  };

  test('tries once more when the provider said nothing, and then ends with the code', async () => {
    const { url, asked } = await serve((socket) => void socket.write(head() + piece(': hello\n\n')));
    const { end, events } = await runTestLoop(modelAt(url, { idleTimeoutMs: () => 50 }));
    expect(end).toMatchObject({ stopReason: 'error', fault: { code: 'provider_silent' } });
    expect(eventTypes(events).filter((type) => type === 'provider_retry')).toHaveLength(1);
    expect(asked).toHaveLength(2);
  });

  test('ends with the code when a line has no end, and asks nobody again', async () => {
    const { url, asked } = await serve(async (socket) => {
      socket.write(head());
      await pour(socket, 'x'.repeat(10_000));
    });
    const { end } = await runTestLoop(modelAt(url, {}));
    expect(end).toMatchObject({ stopReason: 'error', fault: { code: 'provider_answer_too_long' } });
    expect(asked).toHaveLength(1);
  });
});
