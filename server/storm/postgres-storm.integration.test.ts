import { expect, test } from 'vitest';
import { runPostgresStorm } from './postgres-storm.ts';

/** The long form is `node bench/kill-storm.ts --kills 500 --database`. */
test('a served program and its Postgres that are killed while clients write lose nothing that was acknowledged', {
  timeout: 200_000,
}, async () => {
  const { faults, acknowledgements, kills, crashes } = await runPostgresStorm({ kills: 10, seed: 7, maxLifeMs: 900 });
  expect(faults).toEqual([]);
  expect(kills).toBe(10);
  expect(crashes).toBeGreaterThan(0);
  // However slow the machine, there was something to lose.
  expect(acknowledgements).toBeGreaterThan(5);
});
