import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { newId } from '../../lib/new-id.ts';
import { inspect, openRealEgress, type RealEgress } from '../egress/real-egress.test-support.ts';
import { retryUntil } from '../retry-until.ts';
import type { ExecResult, Sandbox } from '../sandbox.ts';

const run = promisify(execFile);
let service: http.Server;
let real: RealEgress;
let one: Sandbox;
let other: Sandbox;
let reached = 0;

const shortOf = (instanceId: string) => instanceId.toLowerCase().slice(-8);
const text = ({ stdout, stderr }: ExecResult) => Buffer.concat([stdout, stderr]).toString('utf8').trim();
const inside = async (sandbox: Sandbox, line: string) => text(await sandbox.exec({ command: { shell: line } }));

async function engine(path: string, socket = '/var/run/docker.sock'): Promise<string> {
  const request = http.get({ socketPath: socket, path });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
const networks = () => engine('/networks');
const rules = async () => (await run('iptables', ['-S'])).stdout;

/** The service answers on every address of this machine. */
const address = () => service.address() as AddressInfo;

beforeAll(async () => {
  service = http.createServer((_, response) => {
    reached += 1;
    response.end('a service of this machine');
  });
  service.listen(0, '0.0.0.0');
  await once(service, 'listening');
  real = await openRealEgress({ network: 'open' });
  [one, other] = await Promise.all([
    real.manager.acquire({ tenantId: 'acme', sessionId: 'ses_open_one' }),
    real.manager.acquire({ tenantId: 'acme', sessionId: 'ses_open_other' }),
  ]);
});
afterAll(async () => {
  await real?.close();
  service?.closeAllConnections();
  service?.close();
});

describe('a sandbox with an open network', () => {
  it('has a way out, on a bridge of its instance where nobody reaches each other', async () => {
    expect(await inside(one, 'ls /sys/class/net | xargs; wc -l < /proc/net/route')).toBe('eth0 lo\n3');
    const facts = JSON.parse(await inspect(real, one.info.id));
    expect(facts.HostConfig.NetworkMode).toBe(`agentrail-${shortOf(real.instanceId)}`);
    const network = JSON.parse(await engine(`/networks/agentrail-${shortOf(real.instanceId)}`));
    expect(network).toMatchObject({
      Driver: 'bridge',
      Labels: { 'run.agentrail.managed': '1', 'run.agentrail.instance': real.instanceId },
      Options: { 'com.docker.network.bridge.enable_icc': 'false' },
    });
    expect(Object.keys(network.Containers)).toHaveLength(2);
  });

  it('reaches no service of this machine, on whichever of its addresses', async () => {
    const gateway = await inside(
      one,
      `python3 -c "import struct,socket;print(socket.inet_ntoa(struct.pack('<L',int(open('/proc/net/route').readlines()[1].split()[2],16))))"`,
    );
    const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const addresses = [
      gateway,
      ...own.filter(({ family, internal }) => family === 'IPv4' && !internal).map((each) => each.address),
    ];
    expect(addresses.length).toBeGreaterThan(1);
    for (const each of addresses) {
      const answer = await one.exec({ command: ['curl', '-sS', '-m', '5', `http://${each}:${address().port}/`] });
      expect([each, answer.exitCode]).toEqual([each, 7]);
    }
    expect(reached).toBe(0);
    // The service is there, for this machine itself.
    expect(await (await fetch(`http://${gateway}:${address().port}/`)).text()).toBe('a service of this machine');
    reached = 0;
  });

  it('reaches no metadata service and nothing of the networks around', async () => {
    for (const each of ['169.254.169.254', '10.0.0.1', '172.17.0.1', '192.168.1.1', '100.100.100.200']) {
      const answer = await one.exec({ command: ['curl', '-sS', '-m', '5', `http://${each}/`] });
      expect([each, answer.exitCode]).toEqual([each, 7]);
    }
  });

  it('reaches no other sandbox', async () => {
    const listening = other.startBackground({ command: { shell: 'exec python3 -m http.server 8000' } });
    expect(
      await retryUntil(systemClock, { everyMs: 50, boundMs: 10_000 }, async () =>
        (await inside(other, 'curl -sS -o /dev/null -w "%{http_code}" http://127.0.0.1:8000/')).includes('200'),
      ),
    ).toBe(true);
    const siblings = JSON.parse(await engine(`/networks/agentrail-${shortOf(real.instanceId)}`)).Containers;
    const own = await inside(one, 'hostname -I || hostname -i');
    const theirs = Object.values(siblings as Record<string, { IPv4Address: string }>)
      .map(({ IPv4Address }) => IPv4Address.replace(/\/.*/, ''))
      .filter((each) => !own.includes(each));
    expect(theirs).toHaveLength(1);
    const answer = await one.exec({ command: ['curl', '-sS', '-m', '3', `http://${theirs[0]}:8000/`] });
    expect(answer.exitCode).not.toBe(0);
    listening.kill();
  });

  it('has no IPv6 to go around the rules with, and no powers to change its routes', async () => {
    expect(await inside(one, 'grep -v " lo$" /proc/net/if_inet6 | wc -l')).toBe('0');
    const raw =
      'import socket\ntry: socket.socket(socket.AF_PACKET, socket.SOCK_RAW); print("open")\nexcept PermissionError: print("closed")';
    expect(text(await one.exec({ command: ['python3', '-c', raw] }))).toBe('closed');
  });
});

describe('a person’s leave to reach this machine', () => {
  it('opens its services, and still keeps sandboxes apart', async () => {
    const wide = await openRealEgress({ network: 'open', allowHostServices: true });
    const sandbox = await wide.manager.acquire({ tenantId: 'acme', sessionId: 'ses_open_wide' });
    const gateway = JSON.parse(await engine(`/networks/agentrail-${shortOf(wide.instanceId)}`)).IPAM.Config[0].Gateway;
    expect(await inside(sandbox, `curl -sS -m 5 http://${gateway}:${address().port}/`)).toBe(
      'a service of this machine',
    );
    expect(await rules()).not.toContain(`agr-${shortOf(wide.instanceId)} -j REJECT`);
    await wide.close();
    reached = 0;
  });
});

describe('the bridge and its rules', () => {
  it('come back when somebody took the rules away', async () => {
    const bridge = `agr-${shortOf(real.instanceId)}`;
    await run('iptables', ['-D', 'INPUT', '-i', bridge, '-j', 'REJECT']);
    const third = await real.manager.acquire({ tenantId: 'acme', sessionId: 'ses_open_third' });
    expect(await rules()).toContain(`-A INPUT -i ${bridge} -j REJECT`);
    await real.manager.destroy(third.info.id);
  });

  it('go with the instance', async () => {
    const second = await openRealEgress({ network: 'open' });
    await second.manager.acquire({ tenantId: 'acme', sessionId: 'ses_open_short' });
    const short = shortOf(second.instanceId);
    expect(await networks()).toContain(`agentrail-${short}`);
    expect(await rules()).toContain(`agr-${short}`);
    await second.close();
    expect(await networks()).not.toContain(`agentrail-${short}`);
    expect(await rules()).not.toContain(`agr-${short}`);
  });

  it('of an owner that was killed are removed by the next sweep, and nobody else’s', async () => {
    const instanceId = newId('instance');
    const dataDir = await mkdtemp(join(tmpdir(), 'open-owner-'));
    const fixture = join(import.meta.dirname, '../fixtures/open-owner.ts');
    const child = spawn(process.execPath, [fixture, instanceId, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const short = shortOf(instanceId);
    await real.manager.sweep();
    expect(await networks()).toContain(`agentrail-${short}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(
      await retryUntil(systemClock, { everyMs: 100, boundMs: 15_000 }, async () => {
        await real.manager.sweep();
        return !(await networks()).includes(`agentrail-${short}`);
      }),
    ).toBe(true);
    expect(await rules()).not.toContain(`agr-${short}`);
    expect(await networks()).toContain(`agentrail-${shortOf(real.instanceId)}`);
    await rm(dataDir, { recursive: true, force: true });
  });
});
