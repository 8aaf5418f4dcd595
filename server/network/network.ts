import { connect as connectTls } from 'node:tls';
import type { Agent, buildConnector } from 'undici';
import type { EnvironmentProxies } from '../config/env.ts';
import type { NetworkStatus, NetworkTrial } from '../contract/network.ts';
import type { Clock } from '../lib/clock.ts';
import { readAuthorities, type Trust } from './authorities.ts';
import { chooseProxy, type NetworkSettings, type ProxyChoice } from './choose-proxy.ts';
import { describeNetwork } from './describe-network.ts';
import type { SystemProxy } from './proxy-rules.ts';
import { tryAddress } from './try-address.ts';
import { openTunnel } from './tunnel.ts';

/** The way to one address. */
export interface Route extends ProxyChoice {
  /** Undefined: the usual authorities. */
  trust: Trust | undefined;
}

/** How every part of this program reaches the outside. */
export interface Network {
  /**
   * As `fetch`, by the way that the settings name at that moment; redirects that are followed go the way of the first
   * address. Rejects with AppError (503) for settings that lead nowhere (`network_ca_unreadable` and those of
   * `chooseProxy`); what a proxy refuses is the cause of the TypeError that `fetch` rejects with.
   */
  fetch: typeof fetch;
  /** For who connects by itself. Rejects as `fetch`. */
  routeTo(url: URL): Promise<Route>;
  /** Never rejects. */
  status(): Promise<NetworkStatus>;
  /** Asks an address for nothing, by the way that requests to it go. Never rejects. */
  try(url: URL): Promise<NetworkTrial>;
  /** Ends every connection of its own. */
  close(): Promise<void>;
}

export interface NetworkOptions {
  settings(): NetworkSettings;
  /** What the environment says, for `proxy: system`. */
  environment: EnvironmentProxies;
  /** Asks the operating system. */
  readSystem(): Promise<SystemProxy | undefined>;
  /** As the desktop's own network stack decides for one address: `PROXY a:8080; DIRECT`. */
  resolveProxy?: ((url: string) => Promise<string>) | undefined;
  clock: Pick<Clock, 'monotonic'>;
}

/** What the system says holds so long: a change there is noticed without asking it at each request. */
const systemMs = 15_000;
const authoritiesMs = 15_000;
const handshakeMs = 15_000;

/** Asks through the proxy, and trusts the authorities, that a person set. Changed settings hold for the next request. */
export function createNetwork(options: NetworkOptions): Network {
  const { settings, environment, readSystem, resolveProxy, clock } = options;
  const ways = new Map<string, Promise<Agent>>();
  const closing = new AbortController();
  const system = remembered(readSystem, systemMs, clock);
  const authorities = keyed((file) => remembered(() => readAuthorities(file), authoritiesMs, clock));
  const sources = { environment, system, resolveProxy };

  async function routeTo(url: URL): Promise<Route> {
    const wanted = settings();
    const [choice, trust] = await Promise.all([
      chooseProxy(url, wanted, sources),
      wanted.caFile === undefined ? undefined : authorities(wanted.caFile)(),
    ]);
    return { ...choice, trust };
  }

  /** Agents that are left stay for the requests that are on them; there are as many as ways were gone. */
  function agentOf({ proxy, trust }: Route): Promise<Agent> {
    const key = JSON.stringify([proxy?.href, trust?.mark]);
    const known = ways.get(key);
    if (known) return known;
    const made = openAgent(proxy, trust?.all, closing.signal);
    ways.set(key, made);
    return made;
  }

  const ask: typeof fetch = async (input, init) => {
    const route = await routeTo(new URL(input instanceof Request ? input.url : input));
    if (route.proxy === undefined && route.trust === undefined) return fetch(input, init);
    const [dispatcher, undici] = await Promise.all([agentOf(route), import('undici')]);
    // Its types are those of Node's own fetch in another edition.
    const own = undici.fetch as unknown as typeof fetch;
    return own(input, { ...init, dispatcher } as unknown as RequestInit);
  };

  return {
    fetch: ask,
    routeTo,
    status: () => describeNetwork(settings(), sources, async (file) => (await authorities(file)()).added),
    try: (url) => tryAddress(url, { routeTo, fetch: ask, clock }),
    async close() {
      closing.abort(new Error('The program ends.'));
      const opened = await Promise.allSettled(ways.values());
      ways.clear();
      await Promise.all(opened.map((each) => (each.status === 'fulfilled' ? each.value.destroy() : undefined)));
    },
  };
}

/** Large, so it is loaded when a proxy or an authority is set. */
async function openAgent(proxy: URL | undefined, ca: string[] | undefined, closing: AbortSignal): Promise<Agent> {
  const { Agent } = await import('undici');
  const tls = ca === undefined ? {} : { ca };
  return new Agent({ connect: proxy === undefined ? tls : throughProxy(proxy, ca, closing) });
}

function throughProxy(proxy: URL, ca: string[] | undefined, closing: AbortSignal): buildConnector.connector {
  return ({ hostname, port, protocol, servername }, done) => {
    const isSecure = protocol === 'https:';
    const host = hostname.replace(/^\[|\]$/g, '');
    openTunnel({ proxy, host, port: Number(port) || (isSecure ? 443 : 80), ca, signal: closing }).then(
      (socket) => {
        if (!isSecure) return done(null, socket);
        const secure = connectTls({
          socket,
          ...(servername !== undefined && servername !== '' && { servername }),
          ...(ca && { ca }),
          ALPNProtocols: ['http/1.1'],
          host,
        });
        const fail = (error: Error) => {
          done(error, null);
          secure.destroy();
        };
        const late = () => fail(new Error(`${host} did not finish the TLS handshake.`));
        secure.setTimeout(handshakeMs, late);
        secure.once('error', fail);
        secure.once('secureConnect', () => {
          secure.setTimeout(0);
          secure.off('timeout', late);
          secure.off('error', fail);
          done(null, secure);
        });
      },
      (error: Error) => done(error, null),
    );
  };
}

/** Asks once for everyone who asks meanwhile, and again after a while. A failure is not remembered. */
function remembered<T>(read: () => Promise<T>, ms: number, clock: Pick<Clock, 'monotonic'>): () => Promise<T> {
  let last: { at: number; value: Promise<T> } | undefined;
  return () => {
    if (last && clock.monotonic() - last.at < ms) return last.value;
    const made = { at: clock.monotonic(), value: read() };
    last = made;
    made.value.catch(() => {
      if (last === made) last = undefined;
    });
    return made.value;
  };
}

function keyed<T>(make: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    const value = known.get(key) ?? make(key);
    known.set(key, value);
    return value;
  };
}
