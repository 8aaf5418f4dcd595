import { AppError, messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { ContainerEngine } from '../container-engine.ts';
import { managedLabel, readOwner, writeNetworkLabels } from '../labels.ts';
import { checkLiveness, type ProcessIdentity } from '../process-identity.ts';
import { retryUntil } from '../retry-until.ts';
import type { AgentClient } from '../wire/agent-client.ts';
import type { HostFirewall } from './host-firewall.ts';
import type { ListedNetwork } from './network-engine.ts';
import { proveBlocked } from './prove-blocked.ts';
import { refuseOpen } from './refuse-open.ts';

/** An engine lets go of a removed container's end a moment later. */
const removal = { everyMs: 100, boundMs: 5000 };

export interface OpenNetworksOptions {
  instanceId: string;
  identity(): Promise<ProcessIdentity>;
  /** `sandbox.allowHostServices` */
  allowsHostServices(): boolean;
  firewall: HostFirewall;
  /** Whether there is such an interface on this machine. */
  hasInterface(name: string): Promise<boolean>;
  clock: Clock;
  logger: Logger;
}

/** The bridge of this instance for sandboxes with `network: open`: made with the first one, gone with the instance. */
export interface OpenNetworks {
  /** Name of the network, its rules in force. Throws `network_open_refused`. */
  use(engine: ContainerEngine): Promise<string>;
  /** Proves from inside that this machine is out of reach. Throws `network_open_refused`. */
  prove(engine: ContainerEngine, agent: AgentClient): Promise<void>;
  /** Removes networks and rules whose owner is proven dead. Never throws. */
  sweep(engine: ContainerEngine): Promise<void>;
  /** Removes what this instance made; after its sandboxes are gone. Never throws. */
  close(): Promise<void>;
}

export function createOpenNetworks(options: OpenNetworksOptions): OpenNetworks {
  const { instanceId, firewall, clock, logger } = options;
  const short = instanceId
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(-8);
  const [name, bridge] = [`agentrail-${short}`, `agr-${short}`];
  const engines = new Set<ContainerEngine>();
  /** One after the other: two sandboxes that start at once share one network. */
  let lastUse: Promise<unknown> = Promise.resolve();

  const findOwn = async (engine: ContainerEngine) =>
    (await engine.listNetworks(managedLabel)).find((network) => network.name === name);

  async function prepare(engine: ContainerEngine): Promise<string> {
    if (engine.traits.product !== 'docker') {
      throw refuseOpen('This engine does not keep sandboxes apart from each other.');
    }
    engines.add(engine);
    if (!(await findOwn(engine))) {
      await engine.createNetwork({ name, bridge, labels: writeNetworkLabels(instanceId, await options.identity()) });
      logger.info('Made a network for sandboxes.', { network: name, bridge });
    }
    if (options.allowsHostServices()) {
      logger.warn('Sandboxes reach the services of this machine (sandbox.allowHostServices).', { network: name });
      return name;
    }
    if (!(await options.hasInterface(bridge))) {
      throw refuseOpen('The engine runs on another machine, or in a virtual one.');
    }
    await firewall.block(bridge);
    return name;
  }

  async function remove(engine: ContainerEngine, network: Pick<ListedNetwork, 'name' | 'bridge'>): Promise<void> {
    let fault: unknown;
    const isGone = await retryUntil(clock, removal, async () => {
      try {
        await engine.removeNetwork(network.name);
        return true;
      } catch (cause) {
        fault = cause;
        return false;
      }
    });
    if (!isGone) throw fault;
    if (network.bridge !== undefined) await firewall.unblock(network.bridge);
    logger.info('Removed a network of sandboxes.', { network: network.name });
  }

  async function isLeft({ labels }: ListedNetwork): Promise<boolean> {
    const owner = readOwner(labels);
    return owner !== undefined && owner.instanceId !== instanceId && (await checkLiveness(owner.owner)) === 'dead';
  }

  async function sweep(engine: ContainerEngine): Promise<void> {
    const networks = await engine.listNetworks(managedLabel);
    for (const network of networks) {
      if (await isLeft(network)) await remove(engine, network);
    }
    for (const blocked of await firewall.blocked()) {
      if (blocked !== bridge && !(await options.hasInterface(blocked))) await firewall.unblock(blocked);
    }
  }

  const told = (work: Promise<void>) =>
    work.catch((fault: unknown) => logger.warn(messageOf(fault), { network: name }));

  return {
    use(engine) {
      const use = lastUse.then(() => prepare(engine));
      lastUse = use.catch(() => undefined);
      return use;
    },
    async prove(engine, agent) {
      if (options.allowsHostServices()) return;
      const gateway = (await findOwn(engine))?.gateway;
      if (gateway === undefined)
        throw new AppError('network_open_refused', 'The network of the sandboxes is gone. Try again.');
      await proveBlocked(agent, gateway);
    },
    sweep: (engine) => told(sweep(engine)),
    async close() {
      await lastUse;
      await Promise.all([...engines].map((engine) => told(remove(engine, { name, bridge }))));
      engines.clear();
    },
  };
}
