import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { comesTrue, openRealSandboxes, type RealSandboxes } from './real-sandboxes.ts';

let real: RealSandboxes;
afterEach(() => real.close());

const owner = { tenantId: 'acme', sessionId: 'ses_pool' };
const waiting = () => real.manager.list().filter(({ isPooled, state }) => isPooled && state === 'ready');
const comesToWait = (count: number) => comesTrue(async () => waiting().length === count);

async function openWarm(change: Parameters<typeof openRealSandboxes>[0] = {}): Promise<void> {
  real = await openRealSandboxes(change);
  real.manager.keepWarm(true);
  expect(await comesToWait(real.config.warmPool)).toBe(true);
}

describe('the warm pool', () => {
  it('gives a new session its container and its workspace, and is filled again', async () => {
    await openWarm();
    const [pooled] = waiting();
    const [container] = await real.containers();
    const sandbox = await real.manager.acquire(owner);
    expect(sandbox.info).toMatchObject({ ...owner, state: 'ready', containerId: pooled?.containerId });
    expect(sandbox.info.isPooled).toBeUndefined();
    expect(container?.containerId).toBe(pooled?.containerId);
    const isNamed = async () => (await real.containers()).some(({ name }) => name === sandbox.info.id);
    expect(await comesTrue(isNamed)).toBe(true);
    await sandbox.exec({ command: { shell: 'echo inside > made' } });
    const workspace = join(real.dataDir, 'sandboxes/acme/ses_pool');
    expect(await readFile(join(workspace, 'made'), 'utf8')).toBe('inside\n');
    await writeFile(join(workspace, 'given'), 'outside');
    expect(Buffer.from(await sandbox.readFile('given')).toString()).toBe('outside');
    expect(await comesToWait(1)).toBe(true);
    const names = (await real.containers()).map(({ name }) => name);
    expect(names.toSorted()).toEqual([sandbox.info.id, waiting()[0]?.id].toSorted());
    await real.manager.destroy(sandbox.info.id);
    expect(await readFile(join(workspace, 'made'), 'utf8')).toBe('inside\n');
    expect(await real.containers()).toHaveLength(1);
  });

  it('can be destroyed right after it was claimed, and nothing of it is left', async () => {
    await openWarm();
    const sandbox = await real.manager.acquire(owner);
    real.manager.keepWarm(false);
    await real.manager.destroy(sandbox.info.id);
    expect(real.manager.list()).toEqual([]);
    expect(await comesTrue(async () => (await real.containers()).length === 0)).toBe(true);
    expect(await readdir(join(real.dataDir, 'sandboxes/.pool'))).toEqual([]);
  });

  it('leaves a session that has a workspace already to a start of its own', async () => {
    await openWarm();
    const [pooled] = waiting();
    const workspace = join(real.dataDir, 'sandboxes/acme/ses_pool');
    await mkdir(workspace, { recursive: true });
    await writeFile(join(workspace, 'old'), 'kept');
    const sandbox = await real.manager.acquire(owner);
    expect(sandbox.info.containerId).not.toBe(pooled?.containerId);
    expect(Buffer.from(await sandbox.readFile('old')).toString()).toBe('kept');
    expect(waiting()[0]?.id).toBe(pooled?.id);
  });

  it('serves two sessions at once with two different containers', async () => {
    await openWarm();
    const sandboxes = await Promise.all(
      ['ses_a', 'ses_b', 'ses_c'].map((sessionId) => real.manager.acquire({ ...owner, sessionId })),
    );
    await Promise.all(sandboxes.map((sandbox, at) => sandbox.writeFile('mine', Buffer.from(String(at)))));
    const seen = await Promise.all(sandboxes.map((sandbox) => sandbox.readFile('mine')));
    expect(seen.map((bytes) => Buffer.from(bytes).toString())).toEqual(['0', '1', '2']);
  });

  it('offers nothing of another kind, and changes to the kind that is configured now', async () => {
    await openWarm();
    const [pooled] = waiting();
    real.config.memory = '200m';
    const sandbox = await real.manager.acquire(owner);
    expect(sandbox.info.memoryLimitBytes).toBe(200 * 1024 * 1024);
    expect(sandbox.info.containerId).not.toBe(pooled?.containerId);
    expect(await comesTrue(async () => waiting().length === 1 && waiting()[0]?.id !== pooled?.id)).toBe(true);
    expect((await real.containers()).map(({ name }) => name)).not.toContain(pooled?.id);
  });

  it('is emptied by 0, by destroyAll, and by the end of the manager, and leaves no folder', async () => {
    await openWarm({ warmPool: 2 });
    real.config.warmPool = 0;
    real.manager.keepWarm(true);
    expect(await comesTrue(async () => (await real.containers()).length === 0)).toBe(true);
    real.config.warmPool = 1;
    real.manager.keepWarm(true);
    expect(await comesToWait(1)).toBe(true);
    real.manager.keepWarm(false);
    await real.manager.destroyAll();
    expect(await real.containers()).toEqual([]);
    real.manager.keepWarm(true);
    await real.manager.close();
    expect(await real.containers()).toEqual([]);
    expect(await readdir(join(real.dataDir, 'sandboxes/.pool'))).toEqual([]);
  });

  it('is emptied when memory is short', async () => {
    let available = 8 * 1024 ** 3;
    real = await openRealSandboxes({}, { availableMemory: () => available });
    real.manager.keepWarm(true);
    expect(await comesToWait(1)).toBe(true);
    available = 100 * 1024 ** 2;
    real.manager.keepWarm(true);
    expect(await comesTrue(async () => (await real.containers()).length === 0)).toBe(true);
  });

  it('loses what somebody removes, and makes another when it is needed', async () => {
    await openWarm();
    const [pooled] = waiting();
    await real.engine.remove(pooled?.id ?? '');
    expect(await comesToWait(0)).toBe(true);
    expect((await (await real.manager.acquire(owner)).exec({ command: ['true'] })).exitCode).toBe(0);
    expect(await comesToWait(1)).toBe(true);
    await real.manager.destroy(waiting()[0]?.id ?? '');
    expect(waiting()).toEqual([]);
  });

  it('is left alone by the sweep while its owner lives', async () => {
    await openWarm();
    const [pooled] = waiting();
    const report = await real.manager.sweep();
    expect(report.removed).not.toContain(pooled?.id);
    expect(waiting()).toEqual([pooled]);
  });

  it('does not try over and over what cannot work', async () => {
    real = await openRealSandboxes({ memory: 4096 });
    real.manager.keepWarm(true);
    await expect(real.manager.acquire(owner)).rejects.toMatchObject({ code: 'resource_exhausted' });
    expect(await comesTrue(async () => (await real.containers()).length === 0)).toBe(true);
    expect(waiting()).toEqual([]);
  });
});
