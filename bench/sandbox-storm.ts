import { parseArgs } from 'node:util';
import { runSandboxStorm } from '../server/storm/sandboxes/sandbox-storm.ts';

/** `node bench/sandbox-storm.ts [--kills 20] [--sandboxes 50] [--seed 1] [--life 8000] [--network none]`: the long form. */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    sandboxes: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    /** Longest time in milliseconds that the sandboxes get once most of them are there. */
    life: { type: 'string', default: '8000' },
    network: { type: 'string', default: 'none' },
  },
});

const startedAt = performance.now();
const report = await runSandboxStorm({
  kills: Number(values.kills),
  seed: Number(values.seed),
  sandboxes: Number(values.sandboxes),
  maxLifeMs: Number(values.life),
  sandbox: { network: values.network === 'open' ? 'open' : 'none' },
  onKill({ states, goneMs, leftForSweep, sweptMs }) {
    const alive = Object.entries(states).map(([state, count]) => `${count} ${state}`);
    console.error(`${alive.join(', ')}: gone ${goneMs} ms, left for the sweep ${leftForSweep}, swept ${sweptMs} ms`);
  },
});
const most = (numbers: number[]) => Math.max(0, ...numbers);
const { kills, notes, faults } = report;
const seconds = Math.round((performance.now() - startedAt) / 1000);
const gone = most(kills.map(({ goneMs }) => goneMs));
const swept = most(kills.map(({ sweptMs }) => sweptMs));
console.log(
  `${kills.length} kills in ${seconds} s, ${notes} files acknowledged: gone after at most ${gone} ms, swept after at most ${swept} ms, ${faults.length} faults`,
);
for (const fault of faults) console.log(`- ${fault}`);
if (faults.length > 0) process.exitCode = 1;
