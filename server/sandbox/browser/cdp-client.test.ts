import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import { type CdpEvent, createCdpClient } from './cdp-client.ts';
import { browserFault } from './faults.ts';
import { createMessageSplitter } from './message-splitter.ts';

/** Sleeps end when the test says so. */
function createStillClock() {
  const sleeps: (() => void)[] = [];
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: (_, signal) =>
      new Promise((resolve, reject) => {
        sleeps.push(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
  };
  return { clock, wakeAll: () => sleeps.splice(0).forEach((wake) => void wake()) };
}

function createBench(maxMessageBytes?: number) {
  const sent: { id: number; method: string }[] = [];
  const events: CdpEvent[] = [];
  const broken: string[] = [];
  const still = createStillClock();
  const client = createCdpClient({
    clock: still.clock,
    send: (message) => sent.push(JSON.parse(Buffer.from(message).subarray(0, -1).toString())),
    onEvent: (event) => events.push(event),
    onBroken: ({ code }) => broken.push(code),
    ...(maxMessageBytes === undefined ? {} : { maxMessageBytes }),
  });
  const say = (message: unknown): void => client.receive(Buffer.from(`${JSON.stringify(message)}\0`));
  const ask = () => client.call({ method: 'Page.look', result: z.object({ seen: z.string() }) });
  return { client, sent, events, broken, say, ask, wakeAll: still.wakeAll };
}

it('gives each call its own answer, in whatever order and pieces they come', async () => {
  const { client, sent, ask } = createBench();
  const [first, second] = [ask(), ask()];
  expect(sent.map(({ id }) => id)).toEqual([1, 2]);
  const bytes = Buffer.from('{"id":2,"result":{"seen":"zwei"}}\0{"id":1,"result":{"seen":"één"}}\0');
  for (const byte of bytes) client.receive(Uint8Array.of(byte));
  expect([await first, await second]).toEqual([{ seen: 'één' }, { seen: 'zwei' }]);
});

it('fails a call that is refused, answered in another shape, late, or cut off by the end', async () => {
  const { client, say, ask, wakeAll } = createBench();
  const refused = ask();
  say({ id: 1, error: { message: 'No node\nwith that id' } });
  await expect(refused).rejects.toMatchObject({
    code: 'browser_refused',
    message: expect.stringContaining('No node with'),
  });
  const odd = ask();
  say({ id: 2, result: { seen: 7 } });
  await expect(odd).rejects.toMatchObject({ code: 'browser_broken' });
  const late = ask();
  wakeAll();
  await expect(late).rejects.toMatchObject({ code: 'browser_timeout' });
  say({ id: 3, result: { seen: 'too late' } });
  const cut = ask();
  client.close(browserFault('browser_crashed'));
  await expect(cut).rejects.toMatchObject({ code: 'browser_crashed' });
  await expect(ask()).rejects.toMatchObject({ code: 'browser_crashed' });
});

it('hands on events and drops what is neither answer nor event', () => {
  const { client, events, say, broken } = createBench();
  for (const nonsense of [
    null,
    7,
    [],
    {},
    { id: 'x' },
    { id: 99, result: {} },
    { method: 7 },
    { method: 'x'.repeat(201) },
  ])
    say(nonsense);
  client.receive(Buffer.from('not json\0\0\0'));
  say({ method: 'Page.frameStoppedLoading', params: { frameId: 'F' }, sessionId: 'S' });
  expect(events).toEqual([{ method: 'Page.frameStoppedLoading', params: { frameId: 'F' }, sessionId: 'S' }]);
  expect(broken).toEqual([]);
});

it('gives up on a message without end, and takes nothing after it', async () => {
  const { client, broken, events, say, ask } = createBench(100);
  const waiting = ask();
  client.receive(Buffer.alloc(60, 'x'));
  client.receive(Buffer.alloc(60, 'x'));
  await expect(waiting).rejects.toMatchObject({ code: 'browser_broken' });
  say({ method: 'Page.later' });
  expect([broken, events]).toEqual([['browser_broken'], []]);
});

it('stands whatever bytes come', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 20 }), (chunks) => {
      const { client } = createBench(200);
      for (const chunk of chunks) client.receive(chunk);
    }),
  );
});

it('stands whatever JSON comes as answer or event', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 10 }), fc.jsonValue(), async (messages, result) => {
      const { client, say, ask } = createBench();
      const asked = ask().then(
        () => 'answered',
        ({ code }: { code: string }) => code,
      );
      for (const message of messages) say(message);
      say({ id: 1, result });
      client.close(browserFault('browser_closed'));
      expect(['answered', 'browser_broken', 'browser_closed', 'browser_refused']).toContain(await asked);
    }),
  );
});

it('parts messages alike however the stream is cut', () => {
  const message = fc.uint8Array({ min: 1, max: 255, minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 8 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      (all, sizes) => {
        const stream = Buffer.concat(all.flatMap((one) => [Buffer.from(one), Buffer.of(0)]));
        const got: string[] = [];
        const splitter = createMessageSplitter((one) => got.push(one.toString('hex')));
        for (let from = 0; from < stream.length; ) {
          const size = sizes.next().value ?? 1;
          expect(splitter.push(stream.subarray(from, from + size))).toBe(true);
          from += size;
        }
        expect(got).toEqual(all.map((one) => Buffer.from(one).toString('hex')));
      },
    ),
  );
});
