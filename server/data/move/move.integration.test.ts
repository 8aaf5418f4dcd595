import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { moveDataDir, planMove } from './move-data-dir.ts';
import { settleDataDir } from './move-marks.ts';

const run = promisify(execFile);
const kills = 20;
let root: string;
let from: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'move-disk-'));
  from = path.join(root, 'old');
  await mkdir(path.join(from, 'tenants'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

it(`a move that is killed leaves one whole place in force, in ${kills} kills at random moments`, async () => {
  const names = Array.from({ length: 40 }, (_, n) => `tenants/file-${n}`);
  for (const name of names) await writeFile(path.join(from, name), `${name} ${'x'.repeat(20_000)}`);
  const to = path.join(root, 'new');
  const installRoot = path.join(root, 'program');
  const fixture = fileURLToPath(new URL('./fixtures/mover.ts', import.meta.url));
  const outcomes = { old: 0, new: 0 };
  for (let kill = 0; kill < kills; kill += 1) {
    const child = spawn(process.execPath, [fixture, from, to, installRoot], { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    await once(child.stdout, 'data');
    // From nothing copied to everything done.
    await systemClock.sleep((kill / kills) * 250);
    child.kill('SIGKILL');
    await closed;
    const inForce = await settleDataDir(from);
    outcomes[inForce === from ? 'old' : 'new'] += 1;
    for (const name of names)
      expect(await readFile(path.join(inForce, name), 'utf8')).toBe(`${name} ${'x'.repeat(20_000)}`);
    if (inForce === to) {
      await rm(path.join(from, 'moved.json'));
      await rm(to, { recursive: true });
    }
  }
  expect(outcomes.old).toBeGreaterThan(0);
  await moveDataDir({ from, to, installRoot, now: 1 });
  expect(await settleDataDir(from)).toBe(to);
}, 120_000);

it('a disk without space is refused before, and one that gets full on the way is left as it was', async () => {
  const disk = path.join(root, 'disk');
  await mkdir(disk);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'tmpfs', disk]);
  } catch (cause) {
    throw new Error('This suite mounts a small tmpfs: run it as root on Linux, for instance with sudo.', { cause });
  }
  try {
    const large = path.join(from, 'tenants', 'large');
    const question = { from, to: disk, installRoot: path.join(root, 'program') };
    await writeFile(large, Buffer.alloc(20_000_000));
    await expect(planMove(question)).rejects.toMatchObject({ code: 'move_no_space' });
    await writeFile(large, randomBytes(10_000_000));
    // A disk in memory may be chosen, and is told of.
    expect((await planMove(question)).warnings.map(({ code }) => code)).toContain('removable_disk');
    let isFilled = false;
    const onStep = ({ done }: { done: number }) => {
      if (isFilled || done === 0) return;
      isFilled = true;
      fillDisk(path.join(disk, 'lost+found'));
    };
    await expect(moveDataDir({ ...question, now: 1, onStep })).rejects.toMatchObject({ code: 'move_disk_full' });
    expect(await readdir(disk)).toEqual(['lost+found']);
    expect(await settleDataDir(from)).toBe(from);
    expect(existsSync(large)).toBe(true);
  } finally {
    await run('umount', [disk]);
  }
});

/** Somebody else's file takes what is left. */
function fillDisk(file: string): void {
  const target = openSync(file, 'w');
  try {
    for (const block = Buffer.alloc(1_000_000); ; ) writeSync(target, block);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    closeSync(target);
  }
}
