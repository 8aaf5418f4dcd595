import type { ProxyConfig, Session } from 'electron';
import type { Network } from '../../server/index.ts';

/** What the settings say of the way out. */
export type KnownNetwork = Pick<Network, 'status'>;

type NetworkStatus = Awaited<ReturnType<KnownNetwork['status']>>;

/**
 * Leads the updater's requests by the proxy that the settings name; in their default, and before anything is open, by the
 * system's. Whom to trust stays the system's to say: nothing may loosen that for what replaces the program. Throws what is
 * wrong with the settings.
 */
export async function takeNetwork(
  session: Pick<Session, 'setProxy'>,
  network: KnownNetwork | undefined,
): Promise<void> {
  const status = await network?.status();
  // Certificates of the settings are not used here, so it does not matter whether they can be read.
  if (status?.problem && status.problem.code !== 'network_ca_unreadable') throw new Error(status.problem.message);
  await session.setProxy(proxyConfigOf(status));
}

export function proxyConfigOf(status: NetworkStatus | undefined): ProxyConfig {
  if (!status || status.source === 'desktop') return { mode: 'system' };
  const { http, https, bypass } = status;
  const rules = [...(http ? [`http=${http}`] : []), ...(https ? [`https=${https}`] : [])];
  if (rules.length === 0) return { mode: 'direct' };
  return { mode: 'fixed_servers', proxyRules: rules.join(';'), proxyBypassRules: bypass.map(asRule).join(',') };
}

/** A bare name means what is below it too, which Chromium writes with a dot or star of its own. */
function asRule(entry: string): string {
  const isName = /^[\p{L}\p{N}][\p{L}\p{N}.-]*$/u.test(entry) && !/^[\d.]+$/.test(entry);
  return isName ? `${entry},*.${entry}` : entry;
}
