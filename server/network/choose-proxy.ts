import type { EnvironmentProxies } from '../config/env.ts';
import type { Config } from '../contract/config.ts';
import type { NetworkStatus } from '../contract/network.ts';
import { AppError } from '../lib/app-error.ts';
import { isBypassed, isThisMachine } from './bypass.ts';
import { type ProxyRules, parseProxyUrl, type SystemProxy } from './proxy-rules.ts';
import { parsePacAnswer } from './system-proxy/pac-answer.ts';

export type NetworkSettings = Config['network'];

export interface ProxyChoice {
  /** Undefined: the host is asked directly. */
  proxy: URL | undefined;
  source: NetworkStatus['source'];
  /** Why there is none. */
  isException: boolean;
}

export interface ProxySources {
  environment: EnvironmentProxies;
  /** What the operating system is set to. */
  system(): Promise<SystemProxy | undefined>;
  /** As the desktop's own network stack decides for one address, scripts included: `PROXY a:8080; DIRECT`. */
  resolveProxy?: ((url: string) => Promise<string>) | undefined;
}

/**
 * The proxy for one address. Throws AppError `network_proxy_missing`, `network_proxy_invalid`, `network_proxy_socks` or
 * `network_proxy_unknown` (503) for settings that lead nowhere.
 */
export async function chooseProxy(url: URL, settings: NetworkSettings, sources: ProxySources): Promise<ProxyChoice> {
  if (settings.proxy === 'none') return { proxy: undefined, source: 'none', isException: false };
  if (isThisMachine(url)) return { proxy: undefined, source: 'none', isException: true };
  if (settings.proxy === 'manual') return fromRules(url, 'settings', manualRules(settings));
  const { environment, system, resolveProxy } = sources;
  const own = environmentRules(environment);
  if (own.http !== undefined || own.https !== undefined) return fromRules(url, 'environment', own);
  if (isBypassed(url, own)) return { proxy: undefined, source: 'environment', isException: true };
  if (resolveProxy) return fromDesktop(url, resolveProxy);
  const found = await system();
  return found ? fromRules(url, found.from, found) : { proxy: undefined, source: 'none', isException: false };
}

export function manualRules({ proxyUrl, noProxy }: NetworkSettings): ProxyRules {
  if (proxyUrl !== undefined) return { http: proxyUrl, https: proxyUrl, bypass: noProxy };
  throw new AppError('network_proxy_missing', 'network.proxy is manual, and network.proxyUrl is not set. Set it.', {
    status: 503,
  });
}

export function environmentRules({ http, https, no = '' }: EnvironmentProxies): ProxyRules {
  const bypass = no.split(/[,\s]+/).filter(Boolean);
  return { ...(http !== undefined && { http }), ...(https !== undefined && { https }), bypass };
}

function fromRules(url: URL, source: ProxyChoice['source'], rules: ProxyRules | SystemProxy): ProxyChoice {
  if (isBypassed(url, rules)) return { proxy: undefined, source, isException: true };
  const text = url.protocol === 'https:' ? rules.https : rules.http;
  if (text === undefined) {
    if ('isSocks' in rules && rules.isSocks) throw socksOnly();
    return { proxy: undefined, source, isException: false };
  }
  const proxy = parseProxyUrl(text);
  if (proxy) return { proxy, source, isException: false };
  const name = source === 'environment' ? `${url.protocol === 'https:' ? 'HTTPS' : 'HTTP'}_PROXY` : 'The proxy';
  throw new AppError(
    'network_proxy_invalid',
    `${name} is no address of an HTTP proxy. Write it as http://proxy.example.com:3128.`,
    { status: 503 },
  );
}

async function fromDesktop(url: URL, resolveProxy: (url: string) => Promise<string>): Promise<ProxyChoice> {
  const answer = parsePacAnswer(await asked(url, resolveProxy));
  if (!answer) throw unknown();
  if (answer.kind === 'socks') throw socksOnly();
  const proxy = answer.kind === 'proxy' ? parseProxyUrl(answer.url) : undefined;
  return { proxy, source: 'desktop', isException: false };
}

const resolveMs = 10_000;

/** Scripts of a network may take their time or never end. They are told hosts, not paths, which may hold secrets. */
async function asked(url: URL, resolveProxy: (url: string) => Promise<string>): Promise<string> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(unknown()), resolveMs);
  try {
    return await Promise.race([resolveProxy(`${url.origin}/`), late.promise]);
  } catch (error) {
    throw error instanceof AppError ? error : unknown(error);
  } finally {
    clearTimeout(timer);
  }
}

function unknown(cause?: unknown): AppError {
  return new AppError(
    'network_proxy_unknown',
    'The system does not say which proxy to take. Set network.proxy to manual or none, or look at the network settings of the system.',
    { status: 503, cause },
  );
}

export function socksOnly(): AppError {
  return new AppError(
    'network_proxy_socks',
    'The proxy of this system speaks SOCKS only, which cannot be used here. Name an HTTP proxy with network.proxy manual.',
    { status: 503 },
  );
}
