import { describe, expect, it } from 'vitest';
import { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { createFakeAgent, createFakeEngine, exitZero } from '../fixtures/fake-engine.ts';
import { createAgentClient } from '../wire/agent-client.ts';
import { createHostFirewall, type HostFirewall, rulesFor } from './host-firewall.ts';
import type { ListedNetwork, NetworkSpec } from './network-engine.ts';
import { createOpenNetworks, type OpenNetworksOptions } from './open-networks.ts';
import { proveBlocked } from './prove-blocked.ts';

const dead = { place: 'elsewhere', pid: 1, start: '1' };

function recordingFirewall(change: Partial<HostFirewall> = {}) {
  const blocked = new Set<string>();
  const firewall: HostFirewall = {
    block: async (bridge) => void blocked.add(bridge),
    unblock: async (bridge) => void blocked.delete(bridge),
    blocked: async () => [...blocked],
    ...change,
  };
  return { firewall, blocked };
}

function setUp(change: Partial<OpenNetworksOptions> = {}) {
  const networks = new Map<string, ListedNetwork>();
  let creations = 0;
  const engine = createFakeEngine({
    async createNetwork({ name, bridge, labels }: NetworkSpec) {
      creations += 1;
      networks.set(name, { name, bridge, labels, gateway: '127.0.0.1' });
    },
    removeNetwork: async (name: string) => void networks.delete(name),
    listNetworks: async () => [...networks.values()],
  });
  const { firewall, blocked } = recordingFirewall();
  const open = createOpenNetworks({
    instanceId: 'ins_0123456789abcdef',
    identity: async () => dead,
    allowsHostServices: () => false,
    firewall,
    hasInterface: async () => true,
    clock: systemClock,
    logger: silentLogger,
    ...change,
  });
  return { open, engine, networks, blocked, creations: () => creations };
}

describe('the open network of an instance', () => {
  it('is made once for all sandboxes that start at the same time, with its rules in force', async () => {
    const { open, engine, blocked, creations } = setUp();
    expect(new Set(await Promise.all([open.use(engine), open.use(engine), open.use(engine)])).size).toBe(1);
    expect(creations()).toBe(1);
    expect([...blocked]).toEqual(['agr-89abcdef']);
  });

  it('is gone with the instance, its rules too', async () => {
    const { open, engine, networks, blocked } = setUp();
    await open.use(engine);
    await open.close();
    expect([networks.size, blocked.size]).toEqual([0, 0]);
  });

  it.each<[string, Partial<OpenNetworksOptions>]>([
    ['the engine is not on this machine', { hasInterface: async () => false }],
    ['rules take rights that are not there', { firewall: createHostFirewall('linux', 1000) }],
    ['there are no such rules on this system', { firewall: createHostFirewall('darwin', 0) }],
  ])('is refused when %s, unless a person allows that', async (_, change) => {
    const refused = setUp(change);
    await expect(refused.open.use(refused.engine)).rejects.toMatchObject({
      code: 'network_open_refused',
      message: expect.stringContaining('sandbox.allowHostServices'),
    });
    const allowed = setUp({ ...change, allowsHostServices: () => true });
    await expect(allowed.open.use(allowed.engine)).resolves.toBe('agentrail-89abcdef');
  });

  it('is refused by an engine that does not part sandboxes, whatever a person allows', async () => {
    const { open, engine } = setUp({ allowsHostServices: () => true });
    const podman = { ...engine, traits: { ...engine.traits, product: 'podman' as const } };
    await expect(open.use(podman)).rejects.toMatchObject({ code: 'network_open_refused' });
  });

  it('of an owner that cannot be proven dead is left alone by the sweep', async () => {
    const { open, engine, networks } = setUp();
    const labels = { 'run.agentrail.managed': '1', 'run.agentrail.instance': 'ins_other' };
    networks.set('a', { name: 'a', labels });
    const owner = { 'run.agentrail.owner-place': 'another machine', 'run.agentrail.owner-pid': '1' };
    networks.set('b', { name: 'b', labels: { ...labels, ...owner, 'run.agentrail.owner-start': '' } });
    await open.sweep(engine);
    expect([...networks.keys()]).toEqual(['a', 'b']);
  });

  it('leaves rules of bridges that are there, and removes those of bridges that are not', async () => {
    const { firewall, blocked } = recordingFirewall();
    const { open, engine } = setUp({ firewall, hasInterface: async (name) => name === 'agr-living' });
    blocked.add('agr-living').add('agr-gone');
    await open.sweep(engine);
    expect([...blocked]).toEqual(['agr-living']);
  });
});

describe('the proof from inside', () => {
  const agentThat = (code: number) => {
    const { input } = createFakeAgent(
      ({ op, id }, agent) => {
        if (op === 'exec') agent.send({ ev: 'done', id, result: { ...exitZero, code } });
      },
      { hasSource: false },
    );
    return createAgentClient({ input, output: input });
  };

  it('is that nothing of this machine was reached', async () => {
    await expect(proveBlocked(agentThat(7), '127.0.0.1')).resolves.toBeUndefined();
    await expect(proveBlocked(agentThat(0), '127.0.0.1')).rejects.toMatchObject({ code: 'network_open_refused' });
  });

  it('fails when it cannot be told', async () => {
    for (const code of [1, 126, 127]) {
      await expect(proveBlocked(agentThat(code), '127.0.0.1')).rejects.toBeInstanceOf(AppError);
    }
    await expect(proveBlocked(agentThat(7), '192.0.2.1')).rejects.toMatchObject({ code: 'network_open_refused' });
  });
});

describe('the rules of a bridge', () => {
  it('close this machine first, and let names be resolved before they close the networks around', () => {
    const rules = rulesFor('agr-x').map((rule) => rule.join(' '));
    expect(rules[0]).toBe('INPUT -i agr-x -j REJECT');
    expect(rules.findIndex((rule) => rule.includes('--dport 53'))).toBeLessThan(
      rules.findIndex((rule) => rule.includes('10.0.0.0/8')),
    );
    for (const range of ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16']) {
      expect(rules).toContain(`DOCKER-USER -i agr-x -d ${range} -j REJECT`);
    }
  });
});
