import { parseProxyUrl, type SystemProxy } from '../proxy-rules.ts';

/** Where Windows keeps what a person set. */
export const internetSettings = 'HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings';

/** `reg query` of the Internet Settings. Undefined when there is no proxy. */
export function parseWindows(output: string): SystemProxy | undefined {
  const values = new Map<string, string>();
  for (const line of output.split(/\r?\n/)) {
    const [, name = '', value = ''] = /^\s+(\S+)\s+REG_[A-Z_]+\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== '') values.set(name.toLowerCase(), value);
  }
  const isOn = Number(values.get('proxyenable') ?? 0) === 1;
  const isScripted = (values.get('autoconfigurl') ?? '') !== '';
  const servers = isOn ? serversOf(values.get('proxyserver') ?? '') : {};
  const isSocks = servers.http === undefined && servers.https === undefined && servers.isSocks === true;
  if (servers.http === undefined && servers.https === undefined && !isScripted && !isSocks) return undefined;
  return {
    from: 'windows',
    ...(servers.http !== undefined && { http: servers.http }),
    ...(servers.https !== undefined && { https: servers.https }),
    bypass: (values.get('proxyoverride') ?? '')
      .split(/[;\s]+/)
      .map((entry) => entry.trim())
      .filter(Boolean),
    isExact: true,
    isScripted,
    isSocks,
  };
}

interface Servers {
  http?: string;
  https?: string;
  isSocks?: boolean;
}

/** `proxy:8080` for all schemes, or `http=proxy:80;https=proxy:443;socks=proxy:1080`. */
function serversOf(text: string): Servers {
  const servers: Servers = {};
  for (const part of text.split(/[;\s]+/).filter(Boolean)) {
    const [, scheme = '', written = ''] = /^(?:([a-z]+)=)?(.*)$/i.exec(part) ?? [];
    const address = addressOf(written);
    if (address === undefined) continue;
    const name = scheme.toLowerCase();
    if (name === '' || name === 'http') servers.http ??= address;
    if (name === '' || name === 'https') servers.https ??= address;
    if (name === 'socks') servers.isSocks = true;
  }
  return servers;
}

function addressOf(written: string): string | undefined {
  const url = parseProxyUrl(written);
  return url === undefined || !/^[^/?#@\s]+$/.test(written.replace(/^https?:\/\//i, '').replace(/\/$/, ''))
    ? undefined
    : url.origin;
}
