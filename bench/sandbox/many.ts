import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { newId } from '../../server/lib/new-id.ts';
import { createGate } from '../../server/sandbox/gate.ts';
import { comesTrue } from '../../server/sandbox/real-sandboxes.ts';
import type { Bench } from './bench.ts';
import { pause, type Row, timed } from './rows.ts';

/** The daemon makes no more at once. */
const wide = 4;

export async function measureStats({ real, acquire, many, rounds }: Bench): Promise<Row> {
  await inBatches(many, acquire);
  const cpu: number[] = [];
  for (let round = 0; round < rounds * 4; round += 1) {
    await pause(1100);
    const before = process.cpuUsage();
    const stats = await real.manager.stats();
    const { user, system } = process.cpuUsage(before);
    if (stats.length !== many) throw new Error(`Only ${stats.length} of ${many} answered.`);
    cpu.push((user + system) / 1000);
  }
  await real.manager.destroyAll();
  return { figure: `stats of ${many} at 1 Hz, CPU ms per second`, goal: '≤ 20 (2 % of a core)', ours: cpu.slice(1) };
}

/** Each round makes and removes as many of both kinds, in turn. */
export async function measureDestroy({ real, floor, acquire, destroyed, rounds }: Bench): Promise<Row> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const containers = await inBatches(destroyed, () => floor.start());
    await pause(1000);
    theirs.push(await timed(() => floor.removeAll(containers)));
    await inBatches(destroyed, acquire);
    await pause(1000);
    ours.push(await timed(() => real.manager.destroyAll()));
    const left = (await real.containers()).filter(({ name }) => !name.startsWith('agentrail-bench-'));
    if (left.length > 0) throw new Error(`${left.length} containers are left.`);
  }
  return {
    figure: `destroy of ${destroyed}, ms`,
    goal: '≤ 1.2 × floor',
    ours,
    floor: theirs,
    against: '`docker rm -f` of as many that sleep',
  };
}

/** From SIGKILL of a process that owns sandboxes, each of which runs what ignores every polite signal. */
export async function measureDeath({ real, many, rounds }: Bench): Promise<Row> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const instanceId = newId('instance');
    const folder = await mkdtemp(join(tmpdir(), 'bench-owner-'));
    const script = join(import.meta.dirname, '../../server/sandbox/fixtures/sandbox-owner.ts');
    const owner = spawn(process.execPath, [script, instanceId, folder, String(many)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const isUp = await firstLine(owner.stdout);
      const count = async () => (await real.engine.list(`run.agentrail.instance=${instanceId}`)).length;
      if (!isUp || (await count()) !== many) throw new Error('Not all sandboxes came up.');
      times.push(
        await timed(async () => {
          owner.kill('SIGKILL');
          if (!(await comesTrue(async () => (await count()) === 0, 60_000)))
            throw new Error(`${await count()} are left.`);
        }),
      );
    } finally {
      owner.kill('SIGKILL');
      if (owner.exitCode === null && owner.signalCode === null) await once(owner, 'exit');
      await rm(folder, { recursive: true, force: true });
    }
  }
  return { figure: `all of ${many} gone after SIGKILL of their owner, ms`, goal: '≤ 3000', ours: times };
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<boolean> {
  for await (const _ of createInterface(stream)) return true;
  return false;
}

async function inBatches<T>(count: number, make: () => Promise<T>): Promise<T[]> {
  const inTurn = createGate(wide);
  return Promise.all(Array.from({ length: count }, () => inTurn(make)));
}
