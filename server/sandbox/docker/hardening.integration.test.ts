import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRealSandboxes, type RealSandboxes } from '../real-sandboxes.ts';
import type { Sandbox } from '../sandbox.ts';
import { connectDocker } from './docker-engine.ts';
import { parseEndpoint } from './endpoint.ts';

const owner = { tenantId: 'acme', sessionId: 'ses_hardening' };
let real: RealSandboxes;
let sandbox: Sandbox;
let facts: Docker.ContainerInspectInfo;

beforeAll(async () => {
  real = await openRealSandboxes({ memory: '200m', cpus: 0.5, pids: 64 });
  sandbox = await real.manager.acquire(owner);
  const docker = connectDocker(parseEndpoint(real.manager.engine().endpoint ?? ''), 10_000);
  facts = await docker.getContainer(sandbox.info.id).inspect();
});
afterAll(() => real.close());

const output = async (line: string) => {
  const { stdout, stderr } = await sandbox.exec({ command: { shell: line } });
  return Buffer.concat([stdout, stderr]).toString('utf8').trim();
};

describe('what the engine says of the container', () => {
  it('is closed where it can be', () => {
    expect(facts.HostConfig).toMatchObject({
      Privileged: false,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      NetworkMode: 'none',
      IpcMode: 'private',
      PidMode: '',
      Init: true,
      AutoRemove: true,
      LogConfig: { Type: 'none' },
    });
    expect([...(facts.HostConfig.CapAdd ?? [])].sort()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/KILL$/),
        expect.stringMatching(/SETGID$/),
        expect.stringMatching(/SETUID$/),
      ]),
    );
    expect(facts.HostConfig.CapAdd).toHaveLength(3);
    expect(facts.HostConfig.Devices ?? []).toEqual([]);
    expect(facts.HostConfig.Binds).toBeNull();
  });

  it('is limited as configured', () => {
    const mebibyte = 1024 * 1024;
    expect(facts.HostConfig).toMatchObject({
      Memory: 200 * mebibyte,
      MemorySwap: 200 * mebibyte,
      NanoCpus: 500_000_000,
      PidsLimit: 64,
      ShmSize: 25 * mebibyte,
    });
    expect(facts.HostConfig.Ulimits).toContainEqual({ Name: 'nofile', Soft: 4096, Hard: 4096 });
  });

  it('mounts the session’s workspace and nothing else of this machine', () => {
    const binds = facts.Mounts.filter(({ Type }) => Type === 'bind');
    expect(binds).toMatchObject([
      { Source: `${real.dataDir}/sandboxes/acme/ses_hardening`, Destination: '/workspace', RW: true },
    ]);
  });

  it('is labelled with its owner', () => {
    expect(facts.Config.Labels).toMatchObject({
      'run.agentrail.managed': '1',
      'run.agentrail.instance': real.instanceId,
      'run.agentrail.tenant': 'acme',
      'run.agentrail.session': 'ses_hardening',
      'run.agentrail.owner-pid': String(process.pid),
    });
    expect(facts.Name).toBe(`/${sandbox.info.id}`);
    expect(sandbox.info.id).toMatch(/^agentrail-[a-z0-9]{8}-[a-z0-9]{8}-1$/);
  });

  it('carries nothing of this process’s environment', () => {
    expect(facts.Config.Env.map((line) => line.split('=')[0])).not.toContain('HOME');
    expect(facts.Config.Env.some((line) => line.startsWith('DOCKER_'))).toBe(false);
  });
});

describe('what a command finds', () => {
  it('has no powers and cannot gain any', async () => {
    expect(
      await output('grep -E "^(CapEff|CapPrm|CapInh|CapAmb|NoNewPrivs|Seccomp):" /proc/self/status | tr -s "\\t " " "'),
    ).toBe(
      [
        'CapInh: 0000000000000000',
        'CapPrm: 0000000000000000',
        'CapEff: 0000000000000000',
        'CapAmb: 0000000000000000',
        'NoNewPrivs: 1',
        'Seccomp: 2',
      ].join('\n'),
    );
    expect(await output('su root -c id')).not.toContain('uid=0');
  });

  it('can write its workspace, /tmp and its home, and nothing else', async () => {
    expect(await output('touch /workspace/x /tmp/x ~/x && echo fine')).toBe('fine');
    expect(
      await output(
        'for d in / /etc /usr/bin /run /var/tmp /root /proc/1 /sys; do touch $d/x 2>/dev/null && echo "$d is open"; done; true',
      ),
    ).toBe('');
  });

  it('reaches no network, but itself', async () => {
    expect(await output('cat /proc/net/route | wc -l; ls /sys/class/net')).toBe('1\nlo');
    expect(
      await output(
        "python3 -c \"import socket; s=socket.create_server(('127.0.0.1',8123)); c=socket.create_connection(('127.0.0.1',8123)); print('fine')\"",
      ),
    ).toBe('fine');
  });

  it('cannot signal, trace or read the agent', async () => {
    const agents = await output('ps -u root -o pid= | tr -s " \\n" " "');
    expect(agents.trim().split(' ').length).toBeGreaterThanOrEqual(3);
    for (const pid of agents.trim().split(' ')) {
      expect(await output(`kill -9 ${pid}; ls /proc/${pid}/fd; head -c 1 /proc/${pid}/mem`)).toMatch(
        /(Operation not permitted|No such process)[\s\S]*(Permission denied|No such file)/,
      );
    }
    expect((await sandbox.exec({ command: ['true'] })).exitCode).toBe(0);
  });

  it('holds none of the agent’s streams', async () => {
    expect(await output('ls /proc/self/fd | wc -l')).toBe('4');
  });

  it('sees no container engine', async () => {
    expect(await output('ls /var/run/docker.sock /run/docker.sock 2>&1 | grep -vc "No such file"')).toBe('0');
  });

  it('is not in the way of file operations when it kills all that it may', async () => {
    await output('kill -9 -1');
    await sandbox.writeFile('after', Buffer.from('fine'));
    expect(await output('cat after')).toBe('fine');
  });
});
