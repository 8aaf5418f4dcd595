import type { Sandbox } from '../../server/sandbox/sandbox.ts';
import { type Bench, nothing } from './bench.ts';
import { pause, type Row, timed } from './rows.ts';

const bytes = 200_000_000;
const zeros = ['head', '-c', String(bytes), '/dev/zero'];
const wide = 8;

/** Commands in one sandbox that is up. */
export async function measureCommands({ floor, acquire, rounds }: Bench): Promise<Row[]> {
  const sandbox = await acquire();
  const container = await floor.start();
  const trips = { ours: [] as number[], floor: [] as number[] };
  const rates = { ours: [] as number[], floor: [] as number[] };
  const flows = { ours: [] as number[], floor: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    await pause(500);
    for (let count = 0; count < 10; count += 1) trips.floor.push(await timed(() => floor.exec(container, ['true'])));
    for (let count = 0; count < 100; count += 1) trips.ours.push(await timed(() => sandbox.exec(nothing)));
    rates.floor.push(await perSecond(1500, () => floor.exec(container, ['true'])));
    rates.ours.push(await perSecond(3000, () => sandbox.exec(nothing)));
    for (let count = 0; count < 2; count += 1) {
      flows.floor.push(await throughput(() => floor.exec(container, zeros)));
      flows.ours.push(await throughput(() => countOutput(sandbox)));
    }
  }
  await floor.remove(container);
  return [
    { figure: 'exec round trip, warm, ms', goal: '≤ 4', ...trips, against: '`docker exec true`' },
    { figure: `execs per second, ${wide} at once`, goal: '≥ 500', ...rates, against: '`docker exec true`' },
    {
      figure: 'output of 200 MB, MB/s',
      goal: '≥ 0.8 × floor',
      ...flows,
      against: '`docker exec`, our own splitter of its stream',
    },
  ];
}

async function countOutput(sandbox: Sandbox): Promise<number> {
  let seen = 0;
  await sandbox.exec({
    command: zeros,
    maxOutputBytes: 2 * bytes,
    isOutputKept: false,
    onOutput: (_, chunk) => {
      seen += chunk.byteLength;
    },
  });
  return seen;
}

async function throughput(work: () => Promise<number>): Promise<number> {
  let seen = 0;
  const ms = await timed(async () => {
    seen = await work();
  });
  if (seen !== bytes) throw new Error(`${seen} bytes arrived.`);
  return seen / 1000 / ms;
}

async function perSecond(forMs: number, work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  let done = 0;
  const one = async () => {
    while (performance.now() - startedAt < forMs) {
      await work();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: wide }, one));
  return (done / (performance.now() - startedAt)) * 1000;
}
