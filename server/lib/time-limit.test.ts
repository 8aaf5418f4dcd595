import { expect, test } from 'vitest';
import type { Clock } from './clock.ts';
import { createTimeLimit } from './time-limit.ts';

function handClock() {
  const sleepers: (() => void)[] = [];
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        sleepers.push(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
  };
  const pass = async () => {
    for (const wake of sleepers) wake();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, pass };
}

const late = () => new Error('too late');

test('fires with the error when time is up', async () => {
  const { clock, pass } = handClock();
  const { signal } = createTimeLimit(clock, 10, late);
  expect(signal.aborted).toBe(false);
  await pass();
  expect(signal.reason).toEqual(new Error('too late'));
});

test('fires with the reason of the outer signal, also when that fired before', () => {
  const { clock } = handClock();
  const outer = new AbortController();
  const { signal } = createTimeLimit(clock, 10, late, outer.signal);
  outer.abort('gone');
  expect(signal.reason).toBe('gone');
  expect(createTimeLimit(clock, 10, late, outer.signal).signal.reason).toBe('gone');
});

test('does not fire once the work ended', async () => {
  const { clock, pass } = handClock();
  const outer = new AbortController();
  const limit = createTimeLimit(clock, 10, late, outer.signal);
  limit.end();
  await pass();
  outer.abort();
  expect(limit.signal.aborted).toBe(false);
});
