import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTurnstile } from './turnstile.ts';

test('a crowd passes a few in each turn, in its order', async () => {
  const { pass } = createTurnstile(2);
  const through: number[] = [];
  const all = Promise.all(Array.from({ length: 7 }, (_, index) => pass().then(() => through.push(index))));
  const counts: number[] = [];
  for (let turns = 0; turns < 8; turns += 1) {
    await turn();
    counts.push(through.length);
  }
  await all;
  expect(through).toEqual([0, 1, 2, 3, 4, 5, 6]);
  for (const [index, count] of counts.entries()) expect(count - (counts[index - 1] ?? 2)).toBeLessThanOrEqual(2);
  expect(counts.at(-1)).toBe(7);
});

test('whoever comes later does not overtake those who wait', async () => {
  const { pass } = createTurnstile(1);
  const through: string[] = [];
  const first = pass().then(() => through.push('first'));
  const second = pass().then(() => through.push('second'));
  await first;
  const third = pass().then(() => through.push('third'));
  await Promise.all([second, third]);
  expect(through).toEqual(['first', 'second', 'third']);
});
