import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../lib/new-id.ts';
import { type RealPodman, startRealPodman } from '../fixtures/real-podman.ts';
import { comesTrue, openRealSandboxes, type RealSandboxes, type SandboxConfig } from '../real-sandboxes.ts';
import { discoverEngine } from './discovery.ts';

const owner = { tenantId: 'acme', sessionId: 'ses_podman' };
let podman: RealPodman;
let real: RealSandboxes;

beforeAll(async () => {
  podman = await startRealPodman();
});
afterEach(() => real.close());
afterAll(() => podman?.close());

const open = async (change: Partial<SandboxConfig> = {}) => {
  real = await openRealSandboxes({ dockerHost: podman.address, ...change });
  return real.manager;
};
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

describe('a sandbox on Podman', () => {
  it('runs commands as the ordinary user, hardened as on Docker', async () => {
    const manager = await open();
    const sandbox = await manager.acquire(owner);
    const lines = ['id -u', 'echo x > /home/agent/x && cat /home/agent/x', 'touch /x 2>/dev/null || echo closed'];
    const facts = [
      "sed -n 's/^CapEff:.//p; s/^NoNewPrivs:.//p; s/^Seccomp:.//p' /proc/self/status",
      'ls /sys/class/net',
    ];
    const result = await sandbox.exec({
      command: { shell: [...lines, ...facts, 'cat; echo bad >&2; exit 3'].join('\n') },
      stdin: Buffer.from('given'),
    });
    expect([text(result.stdout), text(result.stderr), result.exitCode]).toEqual([
      '1000\nx\nclosed\n0000000000000000\n1\n2\nlo\ngiven',
      'bad\n',
      3,
    ]);
    const { HostConfig: host } = await podman.docker.getContainer(sandbox.info.id).inspect();
    expect(host).toMatchObject({ Memory: 2 ** 30, PidsLimit: 256, Privileged: false, ReadonlyRootfs: true });
  });

  it('has the workspace of the session, through its end and the next one', async () => {
    const manager = await open();
    const sandbox = await manager.acquire(owner);
    await sandbox.writeFile('a/kept', Buffer.from('kept'));
    expect(await readFile(join(real.dataDir, 'sandboxes/acme/ses_podman/a/kept'), 'utf8')).toBe('kept');
    await Promise.all([manager.destroy(sandbox.info.id), manager.destroy(sandbox.info.id)]);
    expect(await real.containers()).toEqual([]);
    expect(text(await (await manager.acquire(owner)).readFile('a/kept'))).toBe('kept');
  });

  it('ends the whole tree of a command at its deadline, and tells an exhausted memory', async () => {
    const manager = await open({ memory: '128m' });
    const sandbox = await manager.acquire(owner);
    const tree = 'trap "" TERM; setsid sleep 4001 & (sleep 4001 &) ; env -i sleep 4001 & while :; do sleep 1; done';
    expect(await sandbox.exec({ command: { shell: tree }, timeoutMs: 300 })).toMatchObject({ endedBy: 'timeout' });
    const left = await sandbox.exec({ command: { shell: 'cat /proc/[0-9]*/cmdline | tr "\\0" " "' } });
    expect(text(left.stdout)).not.toContain('sleep 4001');
    const greedy = await sandbox.exec({ command: ['python3', '-c', 'x = b"x" * 500_000_000'] });
    expect(greedy.endedBy).toBe('oom');
  });

  it('is paused and resumed, told when it vanishes, and made anew', async () => {
    const manager = await open();
    const sandbox = await manager.acquire(owner);
    expect((await manager.pause(sandbox.info.id)).state).toBe('paused');
    expect((await sandbox.exec({ command: ['true'] })).exitCode).toBe(0);
    const running = sandbox.exec({ command: ['sleep', '100'] });
    await real.engine.remove(sandbox.info.id);
    expect(await running).toMatchObject({ endedBy: 'lost' });
    const next = await manager.acquire(owner);
    expect((await next.exec({ command: ['true'] })).exitCode).toBe(0);
  });

  it('waits in the warm pool, and is claimed with its workspace', async () => {
    const manager = await open();
    manager.keepWarm(true);
    const waiting = () => manager.list().find(({ isPooled, state }) => isPooled && state === 'ready');
    expect(await comesTrue(async () => waiting() !== undefined)).toBe(true);
    const pooled = waiting()?.containerId;
    const sandbox = await manager.acquire(owner);
    expect(sandbox.info.containerId).toBe(pooled);
    await sandbox.writeFile('made', Buffer.from('made'));
    expect(await readFile(join(real.dataDir, 'sandboxes/acme/ses_podman/made'), 'utf8')).toBe('made');
  });

  it('is refused with the code that Docker’s faults have', async () => {
    const manager = await open({ memory: 4096 });
    await expect(manager.acquire(owner)).rejects.toMatchObject({ code: 'resource_exhausted' });
    real.config.memory = '1g';
    real.config.image = 'agentrail-sandbox:nowhere';
    await expect(manager.acquire(owner)).rejects.toMatchObject({ code: 'image_missing' });
    expect(await real.containers()).toEqual([]);
  });

  it('is gone soon after SIGKILL of its owner', async () => {
    await open();
    const script = fileURLToPath(new URL('../fixtures/sandbox-owner.ts', import.meta.url));
    const instanceId = newId('instance');
    const child: ChildProcess = spawn(process.execPath, [script, instanceId, real.dataDir, '2', podman.address], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (child.stdout) {
      for await (const line of createInterface(child.stdout)) {
        if (line === 'running') break;
      }
    }
    const left = () => real.engine.list(`run.agentrail.instance=${instanceId}`);
    expect(await left()).toHaveLength(2);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await comesTrue(async () => (await left()).length === 0, 10_000)).toBe(true);
  });

  it('serves a workspace in a volume, too', async () => {
    const found = await discoverEngine({
      dockerHost: podman.address,
      env: {},
      platform: 'linux',
      uid: undefined,
      now: 1,
    });
    expect(found.engine?.traits).toMatchObject({ product: 'podman', engineId: podman.address, workspaces: 'bind' });
    await open();
    const name = `agentrail-test-${newId('instance').slice(-8).toLowerCase()}`;
    await real.engine.createVolume(name, { 'run.agentrail.test': name });
    expect(await real.engine.hasVolume(name)).toBe(true);
    expect((await real.engine.listVolumes(`run.agentrail.test=${name}`)).map((volume) => volume.name)).toEqual([name]);
    await real.engine.removeVolume(name);
    await real.engine.removeVolume(name);
    expect(await real.engine.hasVolume(name)).toBe(false);
  });
});
