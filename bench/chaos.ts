import { parseArgs } from 'node:util';
import { runChaos } from '../server/storm/chaos/chaos.ts';
import { chaosKinds } from '../server/storm/chaos/plan.ts';

/** `node bench/chaos.ts [--seed 1] [--rounds 1000] [--from 1] [--only KIND] [--life 1200]`: needs root, for its disks. */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '1000' },
    /** Repeats a round that failed, with the ones before it on the same data directory. */
    from: { type: 'string', default: '1' },
    only: { type: 'string' },
    /** Longest time in milliseconds that clients get in a round. */
    life: { type: 'string', default: '1200' },
  },
});
const only = chaosKinds.find((kind) => kind === values.only);
if (values.only !== undefined && only === undefined) throw new Error(`--only takes one of ${chaosKinds.join(', ')}.`);

const startedAt = performance.now();
const { rounds, acknowledgements, kinds, faults, failedRound, dataDir } = await runChaos({
  seed: Number(values.seed),
  rounds: Number(values.rounds),
  from: Number(values.from),
  maxLifeMs: Number(values.life),
  ...(only && { only }),
  onRound({ number, kinds: done, ending }, { store }, acknowledged) {
    console.error(`${number}: ${done.join(', ')}; ${ending} (${store}, ${acknowledged} acknowledged)`);
  },
});
const seconds = Math.round((performance.now() - startedAt) / 1000);
const told = Object.entries(kinds).map(([kind, count]) => `${kind} ${count}`);
console.log(
  `${rounds} rounds in ${seconds} s, ${acknowledgements} acknowledged, ${faults.length} faults (${told.join(', ')})`,
);
for (const fault of faults) console.log(`- ${fault}`);
if (faults.length > 0) {
  console.log(`The data directory is kept: ${dataDir}`);
  console.log(`Again: node bench/chaos.ts --seed ${values.seed} --from ${failedRound} --rounds 1`);
  process.exitCode = 1;
}
