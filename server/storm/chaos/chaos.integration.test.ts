import { expect, test } from 'vitest';
import { runChaos } from './chaos.ts';

/** The long form is `node bench/chaos.ts --rounds 1000`. */
test('a served program keeps every promise while disk, upstream, clients and clock break under it', {
  timeout: 200_000,
}, async () => {
  const { faults, rounds, acknowledgements } = await runChaos({ seed: 22, rounds: 5, maxLifeMs: 600 });
  expect(faults).toEqual([]);
  expect(rounds).toBe(5);
  // However slow the machine, there was something to lose.
  expect(acknowledgements).toBeGreaterThan(3);
});
