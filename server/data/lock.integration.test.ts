import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, readStartTime } from './process-identity.ts';

interface Answer {
  held: boolean;
  pid?: number;
  code?: string;
  details?: { pid: number };
  tookOver?: { pid: number } | null;
}

describe('the lock of a data directory between processes', () => {
  const holder = fileURLToPath(new URL('./fixtures/lock-holder.ts', import.meta.url));
  let dataDir: string;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'lock-'));
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map(end));
    await rm(dataDir, { recursive: true });
  });

  async function end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async function start(instanceId: string): Promise<{ child: ChildProcess; answer: Answer }> {
    const child = spawn(process.execPath, [holder, dataDir, instanceId], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const lines = createInterface({ input: child.stdout });
    const [line] = (await once(lines, 'line')) as [string];
    return { child, answer: JSON.parse(line) as Answer };
  }

  it('is given to exactly one of 20 that start at once, on a free and on a stale lock', async () => {
    for (const round of ['free', 'stale']) {
      const started = await Promise.all(Array.from({ length: 20 }, (_, at) => start(`ins_${round}_${at}`)));
      const winners = started.filter(({ answer }) => answer.held);
      expect(winners).toHaveLength(1);
      const losers = started.filter(({ answer }) => !answer.held);
      expect(losers.map(({ answer }) => answer.code)).toEqual(Array(19).fill('data_dir_locked'));
      if (round === 'stale') expect(winners[0]?.answer.tookOver).toMatchObject({ pid: expect.any(Number) });
      // SIGKILL leaves the lock behind: the next round finds it stale.
      await Promise.all(children.splice(0).map(end));
      expect(await readdir(dataDir)).toContain('lock');
    }
  });

  it('is free after an orderly end', async () => {
    const { child } = await start('ins_a');
    child.stdin?.end();
    await once(child, 'exit');
    expect(await readdir(dataDir)).toEqual([]);
    expect((await start('ins_b')).answer).toMatchObject({ held: true, tookOver: null });
  });

  it('tells a process from its death, also while nobody has collected it', async () => {
    const { child, answer } = await start('ins_a');
    const pid = answer.pid ?? 0;
    const startTime = (await readStartTime(pid)) ?? '';
    expect(await isAlive({ pid, startTime })).toBe(true);
    expect(await isAlive({ pid, startTime: 'other' })).toBe(false);
    await end(child);
    expect(await isAlive({ pid, startTime })).toBe(false);
    // The shell becomes a program that never collects the child it started.
    const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(parent);
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    await expect.poll(() => readStartTime(Number(line))).toBeUndefined();
  });
});
