import { parentPort, workerData } from 'node:worker_threads';
import { fuzz } from '../../server/storm/fuzz/fuzz.ts';
import { parserTargets } from '../../server/storm/fuzz/targets.ts';

/** One parser, in a thread that can be ended from outside. */
const { name, shared, seed, inputs, durationMs } = workerData as {
  name: string;
  shared: SharedArrayBuffer;
  seed: number;
  inputs: number | undefined;
  durationMs: number;
};
const head = new Int32Array(shared, 0, 2);
const place = new Uint8Array(shared, 8);
const isOwn = parserTargets.some((each) => each.name === name);
// What is loaded besides makes each look at the coverage slower.
const targets = isOwn
  ? parserTargets
  : await (await import('../../server/storm/fuzz/outside-targets.ts')).openOutsideTargets();
const target = targets.find((each) => each.name === name);
if (target === undefined) throw new Error(`There is no parser ${name}.`);
const startedAt = performance.now();
const { findings, growth, ...report } = await fuzz(target, {
  seed,
  ...(inputs === undefined ? { isOver: () => performance.now() - startedAt > durationMs } : { inputs }),
  onInput(input) {
    place.set(input.subarray(0, place.length));
    Atomics.store(head, 0, Math.min(input.length, place.length));
    Atomics.add(head, 1, 1);
  },
});
for (const each of targets) await each.close?.();
parentPort?.postMessage({
  ...report,
  growth,
  seedBlocks: growth.findLast((step) => step.inputs === 0)?.blocks ?? 0,
  findings: findings.map(({ message, input }) => ({ message, input: Buffer.from(input).toString('base64') })),
});
