import { readFile } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
import type { EnvironmentProxies } from '../config/env.ts';
import type { Config } from '../contract/config.ts';
import { AppError, messageOf } from '../lib/app-error.ts';

type NetworkSettings = Config['network'];

/** Programs on this machine are never asked through a proxy. */
const ownNames = ['localhost', '127.0.0.1', '::1', '[::1]'];

export interface OutboundFetch {
  /**
   * As `fetch`, by the way that the settings name at that moment. Throws AppError `network_ca_unreadable` or
   * `network_proxy_missing` (503) for settings that lead nowhere.
   */
  fetch: typeof fetch;
  /** Ends every connection of its own. */
  close(): Promise<void>;
}

interface Way {
  ask(input: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export interface OutboundOptions {
  settings(): NetworkSettings;
  /** What the environment says, for `proxy: system`. */
  environment: EnvironmentProxies;
}

/** Asks through the proxy, and trusts the authorities, that a person set. Changed settings hold for the next request. */
export function createOutboundFetch({ settings, environment }: OutboundOptions): OutboundFetch {
  const ways = new Map<string, Promise<Way | undefined>>();

  async function wayOf(wanted: NetworkSettings): Promise<Way | undefined> {
    const proxies = proxiesOf(wanted, environment);
    const isPlain = wanted.caFile === undefined && proxies.http === undefined && proxies.https === undefined;
    return isPlain ? undefined : openWay(proxies, wanted.caFile);
  }

  /** Ways that are left stay for the requests that are on them; there are as many as settings were tried. */
  function current(): Promise<Way | undefined> {
    const wanted = settings();
    const key = JSON.stringify(wanted);
    const known = ways.get(key);
    if (known) return known;
    const made = wayOf(wanted);
    ways.set(key, made);
    // A file that cannot be read now may be there the next time.
    made.catch(() => ways.delete(key));
    return made;
  }

  return {
    async fetch(input, init) {
      const way = await current();
      return way ? way.ask(input, init) : fetch(input, init);
    },
    async close() {
      const opened = await Promise.allSettled(ways.values());
      ways.clear();
      await Promise.all(opened.map((each) => (each.status === 'fulfilled' ? each.value?.close() : undefined)));
    },
  };
}

function proxiesOf(wanted: NetworkSettings, environment: EnvironmentProxies): EnvironmentProxies {
  switch (wanted.proxy) {
    case 'none':
      return {};
    case 'system':
      return environment;
    case 'manual': {
      const { proxyUrl, noProxy } = wanted;
      if (proxyUrl === undefined) {
        throw new AppError(
          'network_proxy_missing',
          'network.proxy is manual, and network.proxyUrl is not set. Set it.',
          {
            status: 503,
          },
        );
      }
      return { http: proxyUrl, https: proxyUrl, no: noProxy.join(',') };
    }
    default:
      return wanted.proxy satisfies never;
  }
}

/** Large, so it is loaded when a proxy or an authority is set. */
async function openWay(proxies: EnvironmentProxies, caFile: string | undefined): Promise<Way> {
  const tls = caFile === undefined ? {} : { ca: [...getCACertificates('default'), await readAuthorities(caFile)] };
  const { EnvHttpProxyAgent, fetch: ask } = await import('undici');
  const dispatcher: Dispatcher = new EnvHttpProxyAgent({
    // Empty, so that the library does not read the environment itself.
    httpProxy: proxies.http ?? '',
    httpsProxy: proxies.https ?? '',
    noProxy: [...(proxies.no ?? '').split(','), ...ownNames].filter(Boolean).join(','),
    connect: tls,
    requestTls: tls,
    proxyTls: tls,
  });
  return {
    // Its types are those of Node's own fetch in another edition.
    ask: (input, init) => (ask as unknown as typeof fetch)(input, { ...init, dispatcher } as unknown as RequestInit),
    close: () => dispatcher.destroy(),
  };
}

async function readAuthorities(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw unreadable(`network.caFile cannot be read (${messageOf(error)}).`, error);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw unreadable('network.caFile holds no certificate.');
  return text;
}

function unreadable(what: string, cause?: unknown): AppError {
  return new AppError('network_ca_unreadable', `${what} Name a PEM file with the certificates of your authority.`, {
    status: 503,
    cause,
  });
}
