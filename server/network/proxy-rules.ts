/** Which proxy requests of each scheme take, and which hosts are asked without one. Addresses as somebody wrote them. */
export interface ProxyRules {
  http?: string;
  https?: string;
  /** See `isBypassed`. */
  bypass: readonly string[];
  /** A bare name means that host alone, and not the hosts below it. */
  isExact?: boolean;
}

/** What an operating system is set to. */
export interface SystemProxy extends ProxyRules {
  from: 'gnome' | 'macos' | 'windows';
  /** A script decides (PAC), which only a browser can run. */
  isScripted: boolean;
  /** There is a proxy, but it speaks SOCKS only. */
  isSocks: boolean;
}

const longestHost = 253;

/** Undefined for what is no address of an HTTP proxy. A bare `host:port` is one. */
export function parseProxyUrl(text: string): URL | undefined {
  const trimmed = text.trim();
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`);
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (!url || !isHttp || url.hostname === '' || url.hostname.length > longestHost) return undefined;
  return url;
}

/** As it may be shown: without user and password. */
export function shownProxy(text: string): string {
  const url = parseProxyUrl(text);
  return url ? url.origin : '?';
}

/** `host:port` as an address; undefined unless both can be ones. */
export function proxyAddress(host: string, port: number | string, scheme = 'http'): string | undefined {
  const number = Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) return undefined;
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  if (!/^(\[[0-9a-f:.]+\]|[\p{L}\p{N}._-]+)$/iu.test(name)) return undefined;
  const text = `${scheme}://${name}:${number}`;
  return parseProxyUrl(text) ? text : undefined;
}
