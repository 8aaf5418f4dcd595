import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { send } from './http.ts';
import { type Program, startProgram } from './program.ts';
import { createRig, type Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig({ script: () => ({ blocks: [{ type: 'text', text: 'Hello.' }] }) });
});
afterEach(() => rig.close());

/** Starts many at once; the ones that were refused have ended when this resolves. */
async function race(count: number): Promise<{ winners: Program[]; losers: Program[] }> {
  const programs = Array.from({ length: count }, () => startProgram({ dataDir: rig.dataDir }));
  const outcomes = await Promise.all(
    programs.map((program) =>
      program.base.then(
        () => true,
        () => false,
      ),
    ),
  );
  return { winners: programs.filter((_, at) => outcomes[at]), losers: programs.filter((_, at) => !outcomes[at]) };
}

test('of several programs that start at once on one data directory exactly one gets it', {
  timeout: 120_000,
}, async () => {
  const { winners, losers } = await race(6);
  try {
    expect(winners).toHaveLength(1);
    for (const loser of losers) {
      expect(await loser.ended).toBe(1);
      expect(loser.output()).toMatch(/in use by another Agentrail \(process \d+, since \d+ \w+\)/);
      expect(loser.output()).toContain(String(winners[0]?.pid));
    }
  } finally {
    await Promise.all(winners.map((winner) => winner.kill()));
  }
});

test('of many that find the lock of a killed one exactly one takes it over, and says so', {
  timeout: 120_000,
}, async () => {
  const first = await rig.start();
  await first.kill();
  const { winners, losers } = await race(4);
  try {
    expect(winners).toHaveLength(1);
    expect(winners[0]?.output()).toContain('taken over from an owner that is gone');
    for (const loser of losers) expect(loser.output()).toContain(String(winners[0]?.pid));
  } finally {
    await Promise.all(winners.map((winner) => winner.kill()));
  }
});

test('a lock whose process id belongs to another program by now is taken over', { timeout: 60_000 }, async () => {
  const owner = { pid: process.pid, startTime: 'another-boot:1', host: hostname() };
  const lock = { ...owner, instanceId: 'ins_old', acquiredAt: Date.now() - 90_000 };
  await writeFile(path.join(rig.dataDir, 'lock'), JSON.stringify(lock));
  const program = await rig.start();
  expect(program.output()).toContain('taken over from an owner that is gone');
  expect((await send(program.address, 'GET', '/health')).status).toBe(200);
});
