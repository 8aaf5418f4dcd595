import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { writeEndpoint } from '../data/console-endpoint.ts';
import { readStartTime } from '../data/process-identity.ts';
import { listenLocal } from '../http/listen-local.ts';
import { systemClock } from '../lib/clock.ts';
import { adoptConsole, askOwnerToEnd } from './adopt-console.ts';

const instanceId = 'inst-theirs';
const token = 't'.repeat(43);
const version = '1.2.3';

/** A data directory whose holder answers with this. This process plays the holder: it lives for certain. */
async function held(answer: (request: Request) => Response | Promise<Response>, theirs = version) {
  const dataDir = await mkdtemp(join(tmpdir(), 'agentrail-adopt-'));
  await mkdir(join(dataDir, 'run'), { mode: 0o700 });
  const address = join(dataDir, 'run/console.sock');
  const seen: Request[] = [];
  const listening = await listenLocal(async (request) => {
    if (request.headers.get('authorization') !== `Bearer ${token}`) return new Response(null, { status: 401 });
    if (new URL(request.url).pathname === '/ping')
      return Response.json({ instanceId, pid: process.pid, version: theirs });
    seen.push(request);
    return answer(request);
  }, address);
  const lock = (owner: object) =>
    writeFile(join(dataDir, 'lock'), JSON.stringify({ host: hostname(), acquiredAt: 1, ...owner }));
  await lock({ pid: process.pid, startTime: await readStartTime(process.pid), instanceId });
  await writeEndpoint(dataDir, { instanceId, pid: process.pid, address, token });
  onTestFinished(async () => {
    await listening.close(0);
    await rm(dataDir, { recursive: true });
  });
  return {
    dataDir,
    seen,
    /** As after its end: the number in the lock is nobody's. */
    die: () => lock({ pid: process.pid, startTime: 'an earlier one', instanceId }),
    listening,
  };
}

async function adopted(dataDir: string) {
  const console = await adoptConsole(dataDir, { version, clock: systemClock });
  onTestFinished(() => console.close());
  return console;
}

const page = (path: string, init?: RequestInit) => new Request(`app://console${path}`, init);
const text = new TextEncoder();

test('requests arrive with their body and answers come back, without what only the window knows', async () => {
  const { dataDir, seen } = await held(async (request) =>
    Response.json({ got: await request.json() }, { status: 201 }),
  );
  const console = await adopted(dataDir);
  expect(console.pid).toBe(process.pid);
  const answer = await console.fetch(
    page('/console/api/x?y=1', {
      method: 'POST',
      body: '{"a":"ü"}',
      headers: {
        'content-type': 'application/json',
        'x-agentrail-console': '1',
        origin: 'app://console',
        cookie: 'c=1',
      },
    }),
  );
  expect(answer.status).toBe(201);
  expect(answer.headers.has('transfer-encoding')).toBe(false);
  expect(await answer.json()).toEqual({ got: { a: 'ü' } });
  const [request] = seen;
  expect(new URL(request?.url ?? '')).toMatchObject({ pathname: '/console/api/x', search: '?y=1' });
  expect(request?.headers.get('x-agentrail-console')).toBe('1');
  expect([request?.headers.get('cookie'), request?.headers.get('origin')]).toEqual([null, null]);
});

test('each piece travels at once, there and back', async () => {
  const { dataDir } = await held((request) => new Response(request.body));
  const console = await adopted(dataDir);
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const init = { method: 'POST', body: readable, duplex: 'half' } as RequestInit;
  const asked = console.fetch(page('/console/api/echo', init));
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  for (const piece of ['one', 'two', 'three']) {
    await writer.write(text.encode(piece));
    reader ??= (await asked).body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(piece);
  }
  await writer.close();
  expect(await reader?.read()).toEqual({ done: true, value: undefined });
});

/** An answer that goes on until the other side leaves it. */
function endless() {
  const left = vi.fn();
  const answer = () =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(text.encode('data: 1\n\n')),
        cancel: left,
      }),
      { headers: { 'content-type': 'text/event-stream' } },
    );
  return { left, answer };
}

test.each(['by its signal', 'by cancelling its answer'] as const)(
  'a stream that the page leaves %s ends there too',
  async (how) => {
    const { left, answer } = endless();
    const { dataDir } = await held(answer);
    const leave = new AbortController();
    const stream = await (await adopted(dataDir)).fetch(page('/console/api/events', { signal: leave.signal }));
    const reader = stream.body?.getReader();
    await reader?.read();
    expect(left).not.toHaveBeenCalled();
    if (how === 'by its signal') leave.abort();
    else await reader?.cancel();
    await vi.waitFor(() => expect(left).toHaveBeenCalled());
  },
);

test('closing ends the streams, leaves the other program alone, and answers nothing more', async () => {
  const { left, answer } = endless();
  const { dataDir, die } = await held(answer);
  const console = await adopted(dataDir);
  const gone = vi.fn();
  console.onGone(gone);
  const reader = (await console.fetch(page('/console/api/events'))).body?.getReader();
  await reader?.read();
  console.close();
  await expect(reader?.read()).rejects.toThrow();
  await vi.waitFor(() => expect(left).toHaveBeenCalled());
  await die();
  expect((await console.fetch(page('/console/api/events'))).status).toBe(503);
  expect(gone).not.toHaveBeenCalled();
});

test('the end of the other program is told once, and ends what is open', async () => {
  const { answer } = endless();
  const { dataDir, die } = await held(answer);
  const console = await adopted(dataDir);
  const gone = vi.fn();
  console.onGone(gone);
  const reader = (await console.fetch(page('/console/api/events'))).body?.getReader();
  await reader?.read();
  await die();
  await expect(reader?.read()).rejects.toThrow();
  await vi.waitFor(() => expect(gone).toHaveBeenCalledOnce());
});

test('one that lives but does not answer is told to the page, and is not given up', async () => {
  const { dataDir, listening } = await held(() => new Response('ok'));
  const console = await adopted(dataDir);
  const gone = vi.fn();
  console.onGone(gone);
  await listening.close(0);
  const answer = await console.fetch(page('/console/api/state'));
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ code: 'server_gone', error: expect.stringContaining(`${process.pid}`) });
  expect(gone).not.toHaveBeenCalled();
});

test('only the window may ask', async () => {
  const { dataDir, seen } = await held(() => new Response('ok'));
  const console = await adopted(dataDir);
  expect((await console.fetch(new Request('http://127.0.0.1/console/api/state'))).status).toBe(403);
  expect((await console.fetch(page('/console/api/state', { headers: { origin: 'https://x.example' } }))).status).toBe(
    403,
  );
  expect(seen).toEqual([]);
  expect((await console.fetch(page('/console/api/state'))).status).toBe(200);
});

test('another version, a holder without a console and nobody at all are refused with a sentence', async () => {
  const other = await held(() => new Response('ok'), '9.9.9');
  const options = { version, clock: systemClock };
  await expect(adoptConsole(other.dataDir, options)).rejects.toMatchObject({
    code: 'other_version',
    message: expect.stringContaining('version 9.9.9, and this program is 1.2.3'),
  });
  await rm(join(other.dataDir, 'run/console.json'));
  await expect(adoptConsole(other.dataDir, options)).rejects.toMatchObject({ code: 'console_not_there' });
  await other.die();
  await expect(adoptConsole(other.dataDir, options)).rejects.toMatchObject({ code: 'console_not_there' });
});

test('a holder is asked to end when it takes that, and a person is told nothing wrong when not', async () => {
  const willing = await held(() => new Response(null, { status: 202 }));
  expect(await askOwnerToEnd(willing.dataDir)).toBe(true);
  expect(willing.seen.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual(['POST /end']);
  const other = await held(() => new Response(null, { status: 404 }));
  expect(await askOwnerToEnd(other.dataDir)).toBe(false);
  await willing.die();
  expect(await askOwnerToEnd(willing.dataDir)).toBe(false);
});
