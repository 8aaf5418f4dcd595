import { afterEach, expect, test } from 'vitest';
import type { Clock } from '../lib/clock.ts';
import { startIdleMemory } from './idle-memory.ts';

const mib = 1024 * 1024;
const open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

function start(heapBytes: () => number, utilization: () => number, collect?: () => void) {
  const waits: (() => void)[] = [];
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: (_, signal) =>
      new Promise((resolve, reject) => {
        waits.push(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason));
      }),
  };
  const memory = startIdleMemory({ clock, heapBytes, utilization, ...(collect && { collect }) });
  open.push(memory);
  return {
    ...memory,
    look: async () => {
      waits.shift()?.();
      await new Promise(setImmediate);
    },
    waits,
  };
}

test('memory is given back in quiet moments only, and only when there is something to give', async () => {
  let [heap, busy, collections] = [60 * mib, 0.3, 0];
  const { look } = start(
    () => heap,
    () => busy,
    () => {
      collections += 1;
      heap = 30 * mib;
    },
  );
  await look();
  expect(collections).toBe(0);
  busy = 0.01;
  await look();
  await look();
  expect(collections).toBe(1);
  heap = 45 * mib;
  await look();
  expect(collections).toBe(1);
  heap = 300 * mib;
  await look();
  expect(collections).toBe(2);
});

test('garbage is really collected', async () => {
  const waste: unknown[][] = [];
  for (let i = 0; i < 200; i += 1) waste.push(Array.from({ length: 20_000 }, (_, at) => ({ at })));
  const before = process.memoryUsage().heapUsed;
  waste.length = 0;
  const { look } = start(
    () => Number.MAX_SAFE_INTEGER,
    () => 0,
  );
  await look();
  expect(process.memoryUsage().heapUsed).toBeLessThan(before - 20 * mib);
  expect('gc' in globalThis).toBe(false);
});

test('nothing is left when it is closed', async () => {
  let collections = 0;
  const memory = start(
    () => Number.MAX_SAFE_INTEGER,
    () => 0,
    () => {
      collections += 1;
    },
  );
  memory.close();
  await memory.look();
  await memory.look();
  expect([collections, memory.waits.length]).toEqual([0, 0]);
});
