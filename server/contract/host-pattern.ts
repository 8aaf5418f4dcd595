/** Which hosts and ports a sandbox may reach: one entry of `sandbox.allowHosts`. */
export interface HostPattern {
  /** `subdomains`: everything below `host`, but not `host` itself. */
  kind: 'name' | 'subdomains' | 'address';
  /** As `canonicalHost` gives it. */
  host: string;
  /** Absent: 80 and 443. */
  port?: number;
}

export interface HostAndPort {
  host: string;
  port: number;
}

const maxNameLength = 253;
const usualPorts = [80, 443];
const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * The one spelling of a name or address: lower case, punycode, no final dot, IPv4 in dotted decimals, IPv6 shortened and
 * without brackets. Undefined for what is neither.
 */
export function canonicalHost(text: string): string | undefined {
  const isBracketed = text.startsWith('[') && text.endsWith(']');
  const bare = isBracketed ? text.slice(1, -1) : text.replace(/\.$/, '');
  // A percent sign would be decoded, the others end a host in a URL, and control characters are dropped silently.
  if (bare === '' || /[\s/?#@\\%[\]]/.test(bare) || hasControls(bare)) return undefined;
  const isAddress = bare.includes(':');
  if (isBracketed && !isAddress) return undefined;
  const { hostname } = URL.parse(`http://${isAddress ? `[${bare}]` : bare}/`) ?? {};
  if (!hostname) return undefined;
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return isIpv4(hostname) || isName(hostname) ? hostname : undefined;
}

/** Whether a canonical host is an IP address. */
export function isAddressLiteral(host: string): boolean {
  return host.includes(':') || isIpv4(host);
}

/** `name:port`, `1.2.3.4:port` or `[::1]:port`, strictly. */
export function parseHostAndPort(text: string): HostAndPort | undefined {
  const [, hostText = '', portText = ''] = /^(\[[^\]]*\]|[^:[\]]+):(\d{1,5})$/.exec(text) ?? [];
  const host = canonicalHost(hostText);
  const port = Number(portText);
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

/** `pypi.org`, `pypi.org:443`, `*.npmjs.org`, `10.0.0.5:8080`, `[2001:db8::1]:443`. Undefined for anything else. */
export function parseHostPattern(text: string): HostPattern | undefined {
  const trimmed = text.trim();
  const hasPort = /^(\[[^\]]*\]|[^:[\]]+):[^:[\]]*$/.test(trimmed);
  const colon = hasPort ? trimmed.lastIndexOf(':') : trimmed.length;
  const port = hasPort ? parsePort(trimmed.slice(colon + 1)) : undefined;
  if (hasPort && port === undefined) return undefined;
  const withPort = port === undefined ? {} : { port };
  const hostText = trimmed.slice(0, colon);
  if (hostText.startsWith('*.')) {
    const host = canonicalHost(hostText.slice(2));
    // `*.com` would be everybody: that is what `network: open` is for.
    if (host === undefined || isAddressLiteral(host) || !host.includes('.')) return undefined;
    return { kind: 'subdomains', host, ...withPort };
  }
  const host = hostText.includes('*') ? undefined : canonicalHost(hostText);
  if (host === undefined) return undefined;
  return { kind: isAddressLiteral(host) ? 'address' : 'name', host, ...withPort };
}

/** `host` as `canonicalHost` gives it. */
export function matchesPattern(pattern: HostPattern, { host, port }: HostAndPort): boolean {
  const isPort = pattern.port === undefined ? usualPorts.includes(port) : pattern.port === port;
  if (!isPort) return false;
  if (pattern.kind !== 'subdomains') return host === pattern.host;
  return !isAddressLiteral(host) && host.endsWith(`.${pattern.host}`);
}

function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

function isIpv4(host: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(host);
}

function isName(host: string): boolean {
  return host.length <= maxNameLength && host.split('.').every((part) => label.test(part));
}

function hasControls(text: string): boolean {
  return [...text].some((char) => char < ' ' || char === '\u007f');
}
