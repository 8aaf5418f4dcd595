import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openRealSandboxes, type RealSandboxes } from '../sandbox/real-sandboxes.ts';
import { ask, createTestManager, keyOf, readAll, type TestManager } from './testing/manager.ts';
import { type MockUpstream, startMockUpstream } from './testing/mock-upstream.ts';
import { sandboxTools } from './tools/sandbox-tools.ts';

let real: RealSandboxes;
let upstream: MockUpstream;
let manager: TestManager;

/** A tree that defends itself: one deaf child, one in a session of its own, one whose parent is gone. */
const command = [
  "(trap '' TERM INT HUP; sleep 4711) &",
  'setsid sleep 4712 &',
  '(setsid sleep 4713 &) &',
  'echo started; sleep 4714',
].join('\n');

beforeAll(async () => {
  real = await openRealSandboxes();
  upstream = await startMockUpstream({
    script: [
      { blocks: [{ type: 'toolCall', name: 'Bash', args: { command } }] },
      { blocks: [{ type: 'text', text: 'Never said.' }] },
    ],
  });
  manager = await createTestManager(upstream, { tools: sandboxTools(), sandboxes: real.manager });
});
afterAll(async () => {
  await manager.close();
  await upstream.close();
  await real.close();
});

it('an abort ends the run within a second, and then every process that its tool had started', async () => {
  const run = await manager.runs.start(ask('Start something that lasts'));
  const events = readAll(run);
  const { tenantId, sessionId } = keyOf(run);
  const owner = { tenantId, sessionId, agentId: 'default' };
  const sleepers = async () => {
    const sandbox = await real.manager.acquire(owner, new AbortController().signal);
    const { stdout } = await sandbox.exec({ command: ['pgrep', '-f', 'sleep 471'] });
    return Buffer.from(stdout).toString().trim().split('\n').filter(Boolean).length;
  };
  await vi.waitFor(async () => expect(await sleepers()).toBeGreaterThanOrEqual(4), { timeout: 30_000, interval: 200 });
  const startedAt = performance.now();
  manager.runs.abort(run.runId, 'the person pressed stop');
  await run.done;
  // The contract's bound: TERM has gone to the tree and the run has told its end by then.
  expect(performance.now() - startedAt).toBeLessThan(1500);
  const types = (await events).map(({ event }) => event.type);
  expect(types.filter((type) => type === 'session.end')).toHaveLength(1);
  expect(upstream.requests).toHaveLength(1);
  // What ignores TERM is killed after the grace of two seconds.
  await vi.waitFor(async () => expect(await sleepers()).toBe(0), { timeout: 20_000, interval: 200 });
});
