import type { Config } from '../../contract/config.ts';
import { messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { SecretSource } from '../../secrets/secret-source.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { ContainerEngine } from '../container-engine.ts';
import type { ExecRequest, ExecResult } from '../sandbox.ts';
import type { StartedSandbox } from '../sandbox-start.ts';
import type { AgentClient } from '../wire/agent-client.ts';
import { emptyResultSchema } from '../wire/messages.ts';
import { createDecisionLog } from './decision-log.ts';
import { createEgressProxy } from './egress-proxy.ts';
import { type AddressBook, systemAddressBook } from './resolve-target.ts';
import { createSecretRoutes, type KeyOwner, keyOwners } from './secret-routes.ts';
import { serveTunnels } from './tunnels.ts';

/** Where the agent takes connections inside; on the loopback of the container. */
export const forwarderPort = 3128;
const forwarder = `http://127.0.0.1:${forwarderPort}`;

export type GatewaySettings = Pick<
  Config['sandbox'],
  'network' | 'allowHosts' | 'env' | 'grantSecrets' | 'secretProxy'
>;

/** The world around the proxy, so that tests can own it. */
export interface GatewayWorld {
  secrets: SecretSource;
  book?: AddressBook;
  owners?: readonly KeyOwner[];
  ca?: string;
}

/** What a sandbox has of the world outside: variables for its commands, and a way out that is watched. */
export interface Gateway {
  /** For the next command; secrets are those in force now. */
  env(): Record<string, string>;
  /** Sentences about connections that were refused since the last call. */
  takeNotes(): string[];
}

export const nowhere: GatewayWorld = { secrets: { get: () => undefined } };

export const noGateway: Gateway = { env: () => ({}), takeNotes: () => [] };

/** Opens the way out of a sandbox, as far as its settings have one. They are asked anew at every use. */
export async function openGateway(options: {
  agent: AgentClient;
  container: string;
  settings: () => GatewaySettings;
  world: GatewayWorld;
  clock: Clock;
  logger: Logger;
}): Promise<Gateway> {
  const { agent, settings, world, clock } = options;
  const decisions = createDecisionLog(options.logger.child({ component: 'sandbox-egress' }), clock, options.container);
  const routes = createSecretRoutes({
    owners: world.owners ?? keyOwners,
    allowed: () => settings().secretProxy,
    key: (name) => world.secrets.get(name, 'sandbox')?.value,
  });
  const hasForwarder = needsForwarder(settings());
  if (hasForwarder) {
    const proxy = createEgressProxy({
      policy: settings,
      book: world.book ?? systemAddressBook,
      ...{ decisions, routes, clock },
      ...(world.ca !== undefined && { ca: world.ca }),
    });
    serveTunnels(agent, clock, proxy);
    await agent.call({ op: 'listen', params: { port: forwarderPort }, result: emptyResultSchema });
  }

  return {
    env: () => ({
      ...(hasForwarder && settings().network === 'allow-list' ? proxyVariables() : {}),
      ...settings().env,
      ...granted(settings().grantSecrets, world.secrets),
      ...(hasForwarder ? routes.env(forwarder) : {}),
    }),
    takeNotes: () => decisions.takeNotes(),
  };
}

function needsForwarder({ network, secretProxy }: GatewaySettings): boolean {
  return network === 'allow-list' || secretProxy.length > 0;
}

/** Programs disagree about upper and lower case; `curl` reads `http_proxy` only. */
function proxyVariables(): Record<string, string> {
  const own = 'localhost,127.0.0.1,::1';
  const variables = { HTTP_PROXY: forwarder, HTTPS_PROXY: forwarder, ALL_PROXY: forwarder, NO_PROXY: own };
  const lower = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name.toLowerCase(), value]));
  return { ...variables, ...lower, NODE_USE_ENV_PROXY: '1' };
}

function granted(names: readonly string[], secrets: SecretSource): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const found = secrets.get(name, 'sandbox');
      return found ? [[name, found.value] as const] : [];
    }),
  );
}

/** As `openGateway`, for a sandbox that has just started; when it fails nothing of the sandbox is left. */
export async function addGateway(
  started: StartedSandbox,
  options: Omit<Parameters<typeof openGateway>[0], 'agent'> & { engine: ContainerEngine },
): Promise<StartedSandbox> {
  try {
    return { ...started, gateway: await openGateway({ ...options, agent: started.agent }) };
  } catch (fault) {
    started.agent.close();
    await options.engine.remove(options.container).catch((second: unknown) => {
      options.logger.warn('A container that did not start is left.', {
        container: options.container,
        error: messageOf(second),
      });
    });
    throw fault;
  }
}

/**
 * Adds to a command's stderr what its connections were refused for: `curl` shows no more than a 403. Of commands that
 * run at once the first to end tells it.
 */
export function noteRefusals(gateway: Gateway, result: ExecResult, onOutput: ExecRequest['onOutput']): ExecResult {
  const notes = gateway.takeNotes();
  if (notes.length === 0) return result;
  const text = Buffer.from(notes.map((note) => `[sandbox network] ${note}\n`).join(''));
  onOutput?.('stderr', text);
  return { ...result, stderr: Buffer.concat([result.stderr, text]) };
}
