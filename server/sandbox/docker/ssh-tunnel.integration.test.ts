import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { type RealSshd, startRealSshd } from '../fixtures/real-sshd.ts';
import { comesTrue, openRealSandboxes, type RealSandboxes } from '../real-sandboxes.ts';
import { type Discovery, discoverEngine } from './discovery.ts';
import { createSshTunnels, type SshTunnels } from './ssh-tunnels.ts';

const local = 'unix:///var/run/docker.sock';
const owner = { tenantId: 'acme', sessionId: 'ses_far' };
let sshd: RealSshd;
let tunnels: SshTunnels | undefined;
let real: RealSandboxes | undefined;

beforeAll(async () => {
  sshd = await startRealSshd();
});
afterEach(async () => {
  await tunnels?.close();
  tunnels = undefined;
  await real?.close();
  real = undefined;
});
afterAll(() => sshd?.close());

function discover(dockerHost: string, command: string[]): Promise<Discovery> {
  tunnels = createSshTunnels({ command, clock: systemClock, logger: silentLogger });
  return discoverEngine({ dockerHost, env: {}, platform: 'linux', uid: undefined, tunnels, now: 1 });
}

/** Processes of this machine whose command line has the text. */
async function processesWith(text: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    const line = /^\d+$/.test(name) ? await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '') : '';
    if (line.includes(text)) {
      found.push(Number(name));
    }
  }
  return found;
}

describe('an engine by ssh', () => {
  it('is found through a socket of our own, and nothing of the way is left after its close', async () => {
    const { status, engine } = await discover(sshd.address, sshd.command);
    expect(status).toMatchObject({ state: 'connected', endpoint: sshd.address.replace(/\/\/.*@/, '//') });
    expect(engine?.traits.workspaces).toBe('volume');
    const path = engine?.endpoint.kind === 'socket' ? engine.endpoint.path : '';
    expect(await processesWith(path)).toHaveLength(1);
    await tunnels?.close();
    expect(await processesWith(path)).toEqual([]);
    await expect(readdir(join(path, '..'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is told apart when the host is unknown, the key is not taken, nobody listens, or there is no ssh', async () => {
    const codeOf = async (address: string, command: string[]) => {
      const { status } = await discover(address, command);
      await tunnels?.close();
      return status.code;
    };
    expect(await codeOf(sshd.address, sshd.refused.unknownHost)).toBe('docker_ssh_host_key');
    expect(await codeOf(sshd.address, sshd.refused.wrongKey)).toBe('docker_ssh_auth');
    expect(await codeOf('ssh://127.0.0.1:1', sshd.command)).toBe('docker_ssh_unreachable');
    expect(await codeOf(sshd.address, ['/nonexistent/ssh'])).toBe('docker_ssh_missing');
  });

  it('is told apart when the socket is not there, or forwarding is forbidden', async () => {
    const { status } = await discover(`${sshd.address}/nonexistent/docker.sock`, sshd.command);
    expect(status.code).toBe('docker_ssh_forwarding');
    expect(status.tries[0]?.error).toContain('open failed');
    await tunnels?.close();
    const strict = await startRealSshd(['AllowStreamLocalForwarding no']);
    try {
      expect((await discover(strict.address, strict.command)).status.code).toBe('docker_ssh_forwarding');
    } finally {
      await strict.close();
    }
  });

  it('comes back by itself after the connection broke', async () => {
    const { engine } = await discover(sshd.address, sshd.command);
    const path = engine?.endpoint.kind === 'socket' ? engine.endpoint.path : '';
    const [before] = await processesWith(path);
    await sshd.dropConnections();
    expect(await comesTrue(async () => (await processesWith(path)).some((pid) => pid !== before), 20_000)).toBe(true);
    const again = await discoverEngine({
      dockerHost: sshd.address,
      env: {},
      platform: 'linux',
      uid: undefined,
      ...(tunnels && { tunnels }),
      now: 2,
    });
    expect(again.status.state).toBe('connected');
    expect(again.engine?.endpoint).toEqual(engine?.endpoint);
  });
});

describe('a sandbox by ssh', () => {
  const open = (dataDir?: string) =>
    openRealSandboxes(
      { dockerHost: sshd.address },
      { sshCommand: sshd.command, lookAt: local, ...(dataDir && { dataDir }) },
    );

  it('that loses its connection is replaced, with everything that was written', async () => {
    real = await open();
    const { manager } = real;
    const sandbox = await manager.acquire(owner);
    await sandbox.writeFile('kept', Buffer.from('kept'));
    const running = sandbox.exec({ command: ['sleep', '600'] });
    await sshd.dropConnections();
    expect((await running).endedBy).toBe('lost');
    let found = '';
    const isBack = await comesTrue(async () => {
      try {
        found = Buffer.from(await (await manager.acquire(owner)).readFile('kept')).toString();
        return true;
      } catch {
        return false;
      }
    }, 30_000);
    expect([isBack, found]).toEqual([true, 'kept']);
    expect(await comesTrue(async () => (await real?.containers())?.length === 1)).toBe(true);
  });

  it('leaves neither container nor ssh behind when its owner is closed', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'far-'));
    const one = await open(dataDir);
    await one.manager.acquire(owner);
    const { engine } = one;
    await one.close();
    expect(await engine.list(`run.agentrail.instance=${one.instanceId}`)).toEqual([]);
    expect(await engine.listVolumes(`run.agentrail.instance=${one.instanceId}`)).toEqual([]);
    expect(await processesWith(sshd.command.at(-1) ?? '')).toEqual([]);
    await rm(dataDir, { recursive: true, force: true });
  });
});
