import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { promisify } from 'node:util';
import { messageOf } from '../../lib/app-error.ts';
import { refuseOpen } from './refuse-open.ts';

const run = promisify(execFile);
const programs = ['/usr/sbin/iptables', '/sbin/iptables', '/usr/bin/iptables'];
const callTimeoutMs = 10_000;
/** Ours, whoever made them. */
const bridgeName = /(?:^| )-i (agr-[a-z0-9]+)(?: |$)/;

/** What an open sandbox reaches none of: networks of this machine's surroundings, metadata services, everybody at once. */
const closedRanges = [
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4'],
  ...['168.63.129.16/32', '192.0.0.192/32'],
];

/** Rules of this machine that keep sandboxes on a bridge away from it and from the networks around it. */
export interface HostFirewall {
  /** Makes them hold, and looks whether they do. Throws `network_open_refused`. */
  block(bridge: string): Promise<void>;
  /** Takes them away; none is success. */
  unblock(bridge: string): Promise<void>;
  /** The bridges of ours that there are rules for; none where they cannot be read. */
  blocked(): Promise<string[]>;
}

/** Docker asks DOCKER-USER before its own rules; what is for this machine itself passes INPUT. */
export function rulesFor(bridge: string): string[][] {
  const from = (chain: string, ...rest: string[]) => [chain, '-i', bridge, ...rest];
  return [
    from('INPUT', '-j', 'REJECT'),
    // Names are resolved by the engine, on behalf of the container, at the name servers of this machine.
    from('DOCKER-USER', '-p', 'udp', '-m', 'udp', '--dport', '53', '-j', 'RETURN'),
    from('DOCKER-USER', '-p', 'tcp', '-m', 'tcp', '--dport', '53', '-j', 'RETURN'),
    ...closedRanges.map((range) => from('DOCKER-USER', '-d', range, '-j', 'REJECT')),
  ];
}

export function createHostFirewall(platform: NodeJS.Platform, uid: number | undefined): HostFirewall {
  async function iptables(...args: string[]): Promise<string> {
    for (const program of programs) {
      const isThere = await access(program, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (isThere) {
        // Both chains are changed by others, too: wait for their lock.
        const { stdout } = await run(program, ['-w', '5', ...args], { timeout: callTimeoutMs });
        return stdout;
      }
    }
    throw new Error('There is no iptables on this machine.');
  }

  const holds = (rule: string[]) =>
    iptables('-C', ...rule).then(
      () => true,
      () => false,
    );

  async function existing(): Promise<string[][]> {
    const chains = await Promise.all(['INPUT', 'DOCKER-USER'].map((chain) => iptables('-S', chain)));
    return chains
      .flatMap((text) => text.split('\n'))
      .filter((line) => line.startsWith('-A ') && bridgeName.test(line))
      .map((line) => line.split(' ').slice(1));
  }

  async function unblock(bridge: string): Promise<void> {
    for (const rule of await existing()) {
      if (rule[rule.indexOf('-i') + 1] === bridge) await iptables('-D', ...rule);
    }
  }

  async function set(bridge: string): Promise<void> {
    await unblock(bridge);
    // Each goes to the top, so the last one first.
    for (const rule of rulesFor(bridge).toReversed()) {
      const [chain = '', ...rest] = rule;
      await iptables('-I', chain, '1', ...rest);
    }
  }

  return {
    async block(bridge) {
      if (platform !== 'linux' || uid !== 0) {
        throw refuseOpen('Keeping them apart takes firewall rules, which need Linux and root.');
      }
      try {
        const before = await Promise.all(rulesFor(bridge).map(holds));
        if (before.every(Boolean)) return;
        await set(bridge);
      } catch (cause) {
        await unblock(bridge).catch(() => undefined);
        throw refuseOpen(`The firewall of this machine took no rules: ${firstLine(messageOf(cause))}`, cause);
      }
      const after = await Promise.all(rulesFor(bridge).map(holds));
      if (!after.every(Boolean)) throw refuseOpen('The firewall of this machine does not keep its rules.');
    },
    async unblock(bridge) {
      if (platform === 'linux' && uid === 0) await unblock(bridge);
    },
    async blocked() {
      if (platform !== 'linux' || uid !== 0) return [];
      const rules = await existing().catch(() => []);
      return [...new Set(rules.flatMap((rule) => rule[rule.indexOf('-i') + 1] ?? []))];
    },
  };
}

function firstLine(text: string): string {
  const lines = text.trim().split('\n');
  return (lines[1] ?? lines[0] ?? '').slice(0, 200);
}
