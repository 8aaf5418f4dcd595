import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentFolder, openRealSandboxes, type RealSandboxes } from './real-sandboxes.ts';
import type { Sandbox } from './sandbox.ts';

/** The agent's own reading of the kernel's files, run where there is a Python, on files that a kernel could have. */
let real: RealSandboxes;
let sandbox: Sandbox;

beforeAll(async () => {
  real = await openRealSandboxes({ memory: '128m' });
  sandbox = await real.manager.acquire({ tenantId: 'acme', sessionId: 'ses_cgroup' });
  await sandbox.writeFile('cgroup.py', await readFile(join(agentFolder, 'cgroup.py')));
});
afterAll(() => real.close());

/** Kills counted before and after a change of the files, and the limit of processes. */
async function read(before: Record<string, string>, after: Record<string, string> = {}): Promise<unknown> {
  const program = [
    'import json, os, shutil, sys',
    "sys.path.insert(0, '/workspace')",
    'import cgroup',
    "root = '/tmp/cgroups/'",
    'shutil.rmtree(root, ignore_errors=True)',
    'def put(files):',
    '    for name, text in files.items():',
    '        os.makedirs(os.path.dirname(root + name), exist_ok=True)',
    "        open(root + name, 'w').write(text)",
    'before, after = json.load(sys.stdin)',
    'put(before)',
    'cgroup.ROOT = root',
    'counter = cgroup.OomCounter()',
    'first = counter.read()',
    'put(after)',
    'print(json.dumps([first, counter.read(), cgroup.read_pids_limit()]))',
  ].join('\n');
  const stdin = Buffer.from(JSON.stringify([before, after]));
  const { stdout, stderr } = await sandbox.exec({ command: ['python3', '-c', program], stdin });
  return JSON.parse(Buffer.from(stdout).toString() || JSON.stringify(Buffer.from(stderr).toString()));
}

const unified = (kills: number) => `low 0\nhigh 0\nmax 31\noom 7\noom_kill ${kills}\noom_group_kill 9\n`;
const split = (kills: number) => `oom_kill_disable 0\nunder_oom 0\noom_kill ${kills}\n`;

describe('how many processes the kernel has killed for lack of memory', () => {
  it('is read in version 2', async () => {
    expect(await read({ 'memory.events': unified(0), 'pids.max': '256\n' }, { 'memory.events': unified(2) })).toEqual([
      0, 2, 256,
    ]);
  });

  it('is read in version 1', async () => {
    const files = { 'memory/memory.oom_control': split(1), 'pids/pids.max': '96\n' };
    expect(await read(files, { 'memory/memory.oom_control': split(4) })).toEqual([1, 4, 96]);
  });

  it('is read in version 2 where both are mounted', async () => {
    const files = { 'memory.events': unified(3), 'memory/memory.oom_control': split(1), 'pids.max': 'max\n' };
    expect(await read(files)).toEqual([3, 3, 4096]);
  });

  it('is none where the kernel does not tell: before 4.13 version 1 had no such line', async () => {
    expect(await read({ 'memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\n' })).toEqual([0, 0, 4096]);
    expect(await read({})).toEqual([0, 0, 4096]);
  });

  it('is a number whatever stands in the file', async () => {
    const lines = fc.sample(
      fc.array(fc.oneof(fc.string(), fc.constant('oom_kill x'), fc.constant('oom_kill -1 2'), fc.constant('oom_kill'))),
      12,
    );
    for (const each of lines) {
      expect(await read({ 'memory.events': each.join('\n') })).toEqual([expect.any(Number), expect.any(Number), 4096]);
    }
  });
});

it('on this machine, whichever version it has, a command that runs out of memory is told apart from one that is killed', async () => {
  const oom = await sandbox.exec({ command: ['python3', '-c', 'x = bytearray(1 << 30)'] });
  expect(oom.endedBy).toBe('oom');
  const killed = await sandbox.exec({ command: { shell: 'kill -9 $$' } });
  expect(killed).toMatchObject({ endedBy: 'exit', signal: 'SIGKILL' });
});
