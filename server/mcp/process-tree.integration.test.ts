import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { programEnvironment } from '../config/env.ts';
import { systemClock } from '../lib/clock.ts';
import { startTree } from './process-tree.ts';
import { isAlive, oddServer, published } from './testing/mcp-bench.ts';

const options = { env: programEnvironment(), cwd: '/', clock: systemClock };

it.each([
  ['a published server that watches its input', published('everything', 'stdio')],
  ['one that listens to nothing, with its child', oddServer('stubborn', '/dev/null')],
])('after a SIGKILL of ours nothing is left of %s', async (_, { command, args }) => {
  const keeper = spawn(
    process.execPath,
    [fileURLToPath(new URL('fixtures/tree-keeper.ts', import.meta.url)), command, ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void keeper.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: keeper.stdout }), 'line')) as [string];
  const pids = line.split(' ').map(Number);
  expect(pids.filter(isAlive)).toEqual(pids);
  keeper.kill('SIGKILL');
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 8000, interval: 100 });
});

it('what a program leaves behind in its group goes with it', async () => {
  const tree = await startTree({ ...options, command: '/bin/sh', args: ['-c', 'sleep 600 & echo $!'] });
  const [line] = (await once(createInterface({ input: tree.stdout }), 'line')) as [string];
  expect(await tree.ended).toBe('It ended with code 0.');
  expect(isAlive(Number(line))).toBe(false);
});

it('can be closed twice, and says what ended it', async () => {
  const tree = await startTree({ ...options, command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'] });
  await Promise.all([tree.close(), tree.close()]);
  expect(await tree.ended).toBe('It was ended by SIGTERM.');
});

it('rejects what cannot be started', async () => {
  await expect(startTree({ ...options, command: '/no/such/program', args: [] })).rejects.toMatchObject({
    code: 'ENOENT',
  });
});
