import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openRealSandboxes, type RealSandboxes } from '../../sandbox/real-sandboxes.ts';
import { ask, keyOf, readAll } from '../testing/manager.ts';
import { sandboxTools } from '../tools/sandbox-tools.ts';
import { type AgentsBench, call, calls, createAgentsBench } from './testing/agents-bench.ts';

let real: RealSandboxes;
let bench: AgentsBench;

const sleep = (n: number) => call('Bash', { command: `setsid sleep ${n} & (trap '' TERM; sleep ${n}) & sleep ${n}` });

beforeAll(async () => {
  real = await openRealSandboxes();
  bench = await createAgentsBench(
    {
      lead: [
        calls(['SpawnAgent', { name: 'ada', task: 'Work.' }], ['SpawnAgent', { name: 'bob', task: 'Work.' }]),
        call('WaitForAgents'),
      ],
      ada: [call('SpawnAgent', { name: 'cleo', task: 'Work.' }), sleep(4721)],
      bob: [sleep(4722)],
      cleo: [sleep(4723)],
    },
    { tools: sandboxTools(), sandboxes: real.manager },
  );
});
afterAll(async () => {
  await bench.close();
  await real.close();
});

it('an abort reaches the processes of agents on every level; they share the sandbox of their session', async () => {
  const run = await bench.runs.start(ask('Let them work'));
  const events = readAll(run);
  const { tenantId, sessionId } = keyOf(run);
  const sleepers = async () => {
    const sandbox = await real.manager.acquire(
      { tenantId, sessionId, agentId: 'default' },
      new AbortController().signal,
    );
    const { stdout } = await sandbox.exec({ command: ['pgrep', '-f', 'sleep 472'] });
    return Buffer.from(stdout).toString().trim().split('\n').filter(Boolean).length;
  };
  await vi.waitFor(async () => expect(await sleepers()).toBeGreaterThanOrEqual(9), { timeout: 30_000, interval: 200 });
  expect(real.manager.list().filter((box) => box.sessionId === sessionId)).toHaveLength(1);
  const startedAt = performance.now();
  bench.runs.abort(run.runId, 'the person pressed stop');
  await run.done;
  // The same bound as for the tools of the run itself.
  expect(performance.now() - startedAt).toBeLessThan(1500);
  const types = (await events).map(({ event }) => event.type);
  expect(types.filter((type) => type === 'subagent_job_failed')).toHaveLength(3);
  expect(types.filter((type) => type === 'session.end')).toHaveLength(1);
  await vi.waitFor(async () => expect(await sleepers()).toBe(0), { timeout: 20_000, interval: 200 });
});
