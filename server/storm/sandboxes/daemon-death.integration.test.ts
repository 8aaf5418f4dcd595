import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sandboxTools } from '../../agent/tools/sandbox-tools.ts';
import { createToolBench } from '../../agent/tools/tool-bench.ts';
import { newId } from '../../lib/new-id.ts';
import { type RealDaemon, startRealDaemon } from '../../sandbox/fixtures/real-daemon.ts';
import { comesTrue, openRealSandboxes } from '../../sandbox/real-sandboxes.ts';
import { containersOf, leftoversOf } from './leftovers.ts';
import { verifyWorkspaces } from './sandbox-storm.ts';
import { startStormOwner } from './storm-owner-process.ts';

let daemon: RealDaemon;
let dataDir: string;

beforeAll(async () => {
  daemon = await startRealDaemon();
  dataDir = await mkdtemp(path.join(tmpdir(), 'daemon-death-'));
});
afterAll(async () => {
  await daemon?.close();
  await rm(dataDir, { recursive: true, force: true });
});

const owner = { tenantId: 'acme', sessionId: 'ses_talking' };

it('a daemon that is killed under sandboxes in every state: the model hears what is gone, and goes on with its files', async () => {
  const real = await openRealSandboxes({ dockerHost: daemon.address, memory: '128m' }, { dataDir });
  const { manager } = real;
  const { call } = createToolBench(sandboxTools(), (signal) => manager.acquire(owner, signal));
  try {
    await call('Write', { file_path: 'kept.txt', content: 'kept' });
    await call('Bash', { command: 'sleep 600', run_in_background: true });
    const paused = await manager.acquire({ tenantId: 'acme', sessionId: 'ses_paused' });
    await paused.writeFile('kept', Buffer.from('kept'));
    await manager.pause(paused.info.id);
    const idle = await manager.acquire({ tenantId: 'acme', sessionId: 'ses_idle' });
    const running = call('Bash', { command: 'sleep 600' });
    const refused = expect(running).rejects.toMatchObject({
      code: 'sandbox_lost',
      message: expect.stringMatching(/Files in \/workspace are kept, running programs are gone/),
    });
    await expect.poll(() => manager.list().filter(({ state }) => state === 'busy').length).toBe(1);
    const creating = manager.acquire({ tenantId: 'acme', sessionId: 'ses_creating' }).then(
      () => 'made',
      () => 'refused',
    );

    await daemon.end('SIGKILL');
    await refused;
    await creating;
    expect(await comesTrue(async () => manager.list().every(({ state }) => ['lost', 'failed'].includes(state)))).toBe(
      true,
    );
    await expect(call('Bash', { command: 'true' })).rejects.toMatchObject({
      code: expect.stringMatching(/^docker_not/),
    });
    await daemon.start();

    const next = await call('Bash', { command: 'cat kept.txt' });
    expect(next.text).toMatch(
      /^kept\n\n\[Background command bash_1 ended with its sandbox\. Files in \/workspace are kept\./,
    );
    const resumed = await manager.acquire({ tenantId: 'acme', sessionId: 'ses_paused' });
    expect(Buffer.from(await resumed.readFile('kept')).toString()).toBe('kept');
    expect(
      (await (await manager.acquire({ tenantId: 'acme', sessionId: 'ses_idle' })).exec({ command: ['true'] })).exitCode,
    ).toBe(0);
    await expect(idle.exec({ command: ['true'] })).resolves.toMatchObject({ endedBy: 'lost' });
    expect(await manager.destroyAll()).toMatchObject({ left: [] });
    expect(await leftoversOf(real.engine, real.instanceId)).toEqual([]);
  } finally {
    await manager.close();
  }
});

it('an owner and its daemon that are killed in the same moment leave what the next owner removes, and the workspaces', async () => {
  const instanceId = newId('instance');
  const sandbox = { dockerHost: daemon.address };
  const plan = { instanceId, dataDir, sandboxes: 6, seed: 7, round: 1, sandbox };
  const storm = startStormOwner(plan);
  expect(await comesTrue(async () => storm.live() >= 6 && storm.notes.length > 6, 40_000)).toBe(true);

  await Promise.all([storm.kill(), daemon.end('SIGKILL')]);
  await daemon.start();

  const real = await openRealSandboxes(sandbox, { dataDir });
  try {
    const isClean = async () => {
      await real.manager.sweep();
      return (await containersOf(real.engine, instanceId)).length === 0;
    };
    expect(await comesTrue(isClean, 30_000)).toBe(true);
    expect(await verifyWorkspaces(dataDir, storm.notes)).toEqual([]);
    const { session = '', note = '' } = storm.notes.at(-1) ?? {};
    const again = await real.manager.acquire({ tenantId: 'acme', sessionId: session });
    expect((await again.exec({ command: ['cat', note] })).exitCode).toBe(0);
  } finally {
    await real.manager.close();
  }
  expect(await leftoversOf(real.engine, real.instanceId)).toEqual([]);
});
