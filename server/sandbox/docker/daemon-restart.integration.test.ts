import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RealDaemon, startRealDaemon } from '../fixtures/real-daemon.ts';
import { comesTrue, openRealSandboxes, type RealSandboxes } from '../real-sandboxes.ts';

let daemon: RealDaemon;
let real: RealSandboxes | undefined;

beforeAll(async () => {
  daemon = await startRealDaemon();
});
afterAll(async () => {
  await real?.close();
  await daemon?.close();
});

it('a daemon that dies and comes back loses sandboxes, but no workspace', async () => {
  real = await openRealSandboxes({ dockerHost: daemon.address });
  const { manager } = real;
  const states: string[] = [];
  manager.subscribe((change) => 'sandbox' in change && states.push(change.sandbox.state));
  const owner = { tenantId: 'acme', sessionId: 'ses_daemon' };
  const sandbox = await manager.acquire(owner);
  await sandbox.writeFile('kept', Buffer.from('kept'));
  const running = sandbox.exec({ command: ['sleep', '600'] });
  const background = sandbox.startBackground({ command: ['sleep', '600'] });

  await daemon.end('SIGKILL');
  expect((await running).endedBy).toBe('lost');
  expect(await comesTrue(async () => background.result()?.endedBy === 'lost')).toBe(true);
  expect(manager.list()).toMatchObject([{ id: sandbox.info.id, state: 'lost', fault: { code: 'sandbox_lost' } }]);
  await expect(manager.acquire(owner)).rejects.toMatchObject({ code: expect.stringMatching(/^docker_not/) });

  await daemon.start();
  const next = await manager.acquire(owner);
  expect(Buffer.from(await next.readFile('kept')).toString()).toBe('kept');
  expect(next.info.id).not.toBe(sandbox.info.id);
  expect(states).toContain('lost');
  const ours = () => daemon.docker.listContainers({ all: true });
  expect(await comesTrue(async () => (await ours()).length === 1)).toBe(true);
  await manager.destroyAll();
  expect(await ours()).toEqual([]);
});
