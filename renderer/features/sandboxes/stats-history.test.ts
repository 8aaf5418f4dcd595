import { expect, test } from 'vitest';
import { addStats, type StatsHistory, samplesKept } from './stats-history.ts';

const stats = (id: string, at: number) => ({ id, at, cpuPct: 1, memoryBytes: 2, pids: 3 });

test('each moment is kept once, the last ten minutes of it, and nothing of sandboxes that are gone', () => {
  let history: StatsHistory = {};
  for (let at = 0; at < samplesKept + 5; at += 1) history = addStats(history, [stats('a', at), stats('b', at)]);
  history = addStats(history, [stats('a', samplesKept + 4)]);
  expect(Object.keys(history)).toEqual(['a']);
  expect(history.a?.length).toBe(samplesKept);
  expect(history.a?.at(-1)?.at).toBe(samplesKept + 4);
});
