// What a sandbox costs, beside plain dockerode in the same run. Needs Docker, its command line, and the sandbox image.
//   node bench/sandbox.ts [--destroy 200] [--many 50] [--rounds 3] [--only starts,commands,stats,death,destroy]
// Prints one Markdown table and writes .cache/bench-sandbox.json.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openRealSandboxes } from '../server/sandbox/real-sandboxes.ts';
import type { Bench } from './sandbox/bench.ts';
import { measureCommands } from './sandbox/commands.ts';
import { createFloor } from './sandbox/floor.ts';
import { measureDeath, measureDestroy, measureStats } from './sandbox/many.ts';
import { type Row, toTable } from './sandbox/rows.ts';
import { measureStarts } from './sandbox/starts.ts';

const { values: flags } = parseArgs({
  options: {
    destroy: { type: 'string', default: '200' },
    many: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'starts,commands,stats,death,destroy' },
  },
});
const outputFile = join(import.meta.dirname, '../.cache/bench-sandbox.json');
const parts: Record<string, (bench: Bench) => Promise<Row | Row[]>> = {
  starts: measureStarts,
  commands: measureCommands,
  stats: measureStats,
  death: measureDeath,
  destroy: measureDestroy,
};

const startedAt = Date.now();
const loadBefore = loadavg()[0] ?? 0;
const real = await openRealSandboxes({ memory: '256m', warmPool: 0 });
try {
  let sessions = 0;
  const bench: Bench = {
    real,
    floor: createFloor({ image: real.config.image, instanceId: real.instanceId, dataDir: real.dataDir }),
    rounds: Number(flags.rounds),
    acquire: () => real.manager.acquire({ tenantId: 'bench', sessionId: `ses_bench${++sessions}` }),
    destroyed: Number(flags.destroy),
    many: Number(flags.many),
  };
  const rows: Row[] = [];
  for (const name of flags.only.split(',')) {
    const measure = parts[name];
    if (!measure) throw new Error(`There is no part "${name}"; there are ${Object.keys(parts).join(', ')}.`);
    rows.push(...[await measure(bench)].flat());
    await real.manager.destroyAll();
    process.stderr.write(`${name} after ${Math.round((Date.now() - startedAt) / 1000)} s\n`);
  }
  const load = `${loadBefore.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after, ${cpus().length} cores`;
  process.stdout.write(
    `${toTable(rows)}\n\nMedian (least–most). Load ${load}; ${Math.round((Date.now() - startedAt) / 1000)} s.\n`,
  );
  await mkdir(join(outputFile, '..'), { recursive: true });
  await writeFile(outputFile, `${JSON.stringify({ startedAt, load, rows }, undefined, 2)}\n`);
} finally {
  await Promise.all((await real.containers()).map(({ containerId }) => real.engine.remove(containerId)));
  await real.close();
}
