import { expect, test } from 'vitest';
import { runKillStorm } from './kill-storm.ts';

/** The long form is `node bench/kill-storm.ts --kills 500`. */
test('a served program that is killed 25 times while clients write loses nothing that it acknowledged', {
  timeout: 400_000,
}, async () => {
  const { faults, acknowledgements, kills } = await runKillStorm({ kills: 25, seed: 20_26, maxLifeMs: 700 });
  expect(faults).toEqual([]);
  expect(kills).toBe(25);
  // However slow the machine, there was something to lose.
  expect(acknowledgements).toBeGreaterThan(20);
});
