import { expect, it } from 'vitest';
import { pointsOf } from './vital-points.ts';

const sample = (at: number) => ({ at, lagMs: at, memoryBytes: 1, cpuPct: 1 });

it('a line is drawn over a step that came late, and not over the time nothing was measured', () => {
  const samples = [0, 5000, 16_000, 60_000].map(sample);
  expect(pointsOf(samples, 5000, ({ lagMs }) => lagMs)).toEqual([
    { at: 0, value: 0 },
    { at: 5000, value: 5000 },
    { at: 16_000, value: 16_000 },
    { at: 21_000, value: null },
    { at: 60_000, value: 60_000 },
  ]);
});

it('what was not measured is a gap', () => {
  expect(pointsOf([sample(0)], 5000, ({ diskFreeBytes }) => diskFreeBytes)).toEqual([{ at: 0, value: null }]);
});
