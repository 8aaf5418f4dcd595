import { parseArgs } from 'node:util';
import { runKillStorm } from '../server/storm/kill-storm.ts';
import { runPostgresStorm } from '../server/storm/postgres-storm.ts';

/** `node bench/kill-storm.ts [--kills 500] [--seed 1] [--life 600] [--database]`: the long form of the storm that the tests run. */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    /** Longest life of a server in milliseconds. */
    life: { type: 'string', default: '600' },
    /** Sessions in a Postgres that is killed too. */
    database: { type: 'boolean', default: false },
  },
});

const startedAt = performance.now();
const report = await (values.database ? runPostgresStorm : runKillStorm)({
  kills: Number(values.kills),
  seed: Number(values.seed),
  maxLifeMs: Number(values.life),
  onKill(kill, { acknowledgements, sessions, modelCalls }) {
    if (kill % 10 === 0)
      console.error(`${kill} kills, ${acknowledgements} acknowledged, ${sessions} sessions, ${modelCalls} model calls`);
  },
});
const { kills, crashes, acknowledgements, sessions, modelCalls, faults, dataDir } = report;
const seconds = Math.round((performance.now() - startedAt) / 1000);
console.log(
  `${kills} kills and ${crashes} of the database in ${seconds} s: ${acknowledgements} acknowledged, ${sessions} sessions, ${modelCalls} model calls, ${faults.length} faults`,
);
for (const fault of faults) console.log(`- ${fault}`);
if (faults.length > 0) {
  console.log(`The data directory is kept: ${dataDir}`);
  process.exitCode = 1;
}
