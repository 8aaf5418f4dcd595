import { expect, test } from 'vitest';
import { runChaos } from './chaos.ts';
import { chaosKinds } from './plan.ts';

/** The long form is `node bench/chaos.ts --rounds 1000`. */
test('a served program keeps every promise while disk, upstream, clients and clock break under it', {
  timeout: 200_000,
}, async () => {
  // Chosen because its rounds have every fault that needs nothing else, and every ending.
  const { faults, rounds, acknowledgements, kinds } = await runChaos({ seed: 9937, rounds: 5, maxLifeMs: 600 });
  expect(faults).toEqual([]);
  expect(rounds).toBe(5);
  const own = chaosKinds.filter((kind) => kind !== 'postgres-killed' && kind !== 'dockerd-killed');
  expect(Object.keys(kinds)).toEqual(expect.arrayContaining([...own, 'end: live', 'end: stop', 'end: kill']));
  // However slow the machine, there was something to lose.
  expect(acknowledgements).toBeGreaterThan(3);
});

test.each(['postgres-killed', 'dockerd-killed'] as const)(
  'so it does with its neighbour gone: %s',
  {
    timeout: 200_000,
  },
  async (only) => {
    const { faults, rounds, kinds } = await runChaos({ seed: 2, rounds: 1, only, maxLifeMs: 600 });
    expect(faults).toEqual([]);
    expect([rounds, kinds[only]]).toEqual([1, 1]);
  },
);
