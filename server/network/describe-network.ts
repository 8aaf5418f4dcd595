import type { NetworkStatus } from '../contract/network.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import {
  chooseProxy,
  environmentRules,
  manualRules,
  type NetworkSettings,
  type ProxySources,
  socksOnly,
} from './choose-proxy.ts';
import { type ProxyRules, shownProxy } from './proxy-rules.ts';

type Read = (file: string) => Promise<readonly string[]>;

/** Addresses that stand for all others where a script decides. */
const samples = { http: new URL('http://example.com/'), https: new URL('https://example.com/') };

/** The way out as a person sees it. Never rejects: what does not work is its `problem`. */
export async function describeNetwork(
  settings: NetworkSettings,
  sources: ProxySources,
  readAuthorities: Read,
): Promise<NetworkStatus> {
  const [way, authorities] = await Promise.allSettled([
    wayOut(settings, sources),
    settings.caFile === undefined ? undefined : readAuthorities(settings.caFile),
  ]);
  const fault = [way, authorities].find((each) => each.status === 'rejected');
  return {
    ...(way.status === 'fulfilled' ? way.value : { source: sourceOf(settings), bypass: [], isScriptIgnored: false }),
    ...(authorities.status === 'fulfilled' && authorities.value && { authorities: authorities.value.length }),
    ...(fault && { problem: problemOf(fault.reason) }),
  };
}

async function wayOut(settings: NetworkSettings, sources: ProxySources): Promise<NetworkStatus> {
  const { environment, system, resolveProxy } = sources;
  if (settings.proxy === 'none') return { source: 'none', bypass: [], isScriptIgnored: false };
  if (settings.proxy === 'manual') return shown('settings', manualRules(settings));
  const own = environmentRules(environment);
  if (own.http !== undefined || own.https !== undefined) return shown('environment', own);
  if (resolveProxy) {
    const [http, https] = await Promise.all([
      chooseProxy(samples.http, settings, sources),
      chooseProxy(samples.https, settings, sources),
    ]);
    return {
      source: 'desktop',
      ...(http.proxy && { http: http.proxy.origin }),
      ...(https.proxy && { https: https.proxy.origin }),
      bypass: [...own.bypass],
      isScriptIgnored: false,
    };
  }
  const found = await system();
  if (found?.isSocks) throw socksOnly();
  if (!found) return { source: 'none', bypass: [...own.bypass], isScriptIgnored: false };
  return { ...shown(found.from, found), isScriptIgnored: found.isScripted && found.https === undefined };
}

function shown(source: NetworkStatus['source'], { http, https, bypass }: ProxyRules): NetworkStatus {
  return {
    source,
    ...(http !== undefined && { http: shownProxy(http) }),
    ...(https !== undefined && { https: shownProxy(https) }),
    bypass: [...bypass],
    isScriptIgnored: false,
  };
}

function sourceOf({ proxy }: NetworkSettings): NetworkStatus['source'] {
  return proxy === 'manual' ? 'settings' : 'none';
}

export function problemOf(error: unknown): { code: string; message: string } {
  if (error instanceof AppError) return { code: error.code, message: error.message };
  return { code: 'host_unreachable', message: messageOf(error) };
}
