import { expect, test } from 'vitest';
import { runSandboxStorm } from './sandbox-storm.ts';

/** The long form is `node bench/sandbox-storm.ts --kills 10 --sandboxes 50`. */
test('an owner of sandboxes that is killed again and again leaves none behind, and no workspace is harmed', {
  timeout: 300_000,
}, async () => {
  const { faults, kills, notes } = await runSandboxStorm({ kills: 4, seed: 20_26, sandboxes: 8, maxLifeMs: 3000 });
  expect(faults).toEqual([]);
  expect(kills).toHaveLength(4);
  expect(notes).toBeGreaterThan(10);
});
