import { BlockList, isIP } from 'node:net';
import { kindOfAddress } from '../lib/ip-addresses.ts';
import type { ProxyRules } from './proxy-rules.ts';

const mostEntries = 1000;
const longestEntry = 300;

/** Programs on this machine are never asked through a proxy: its `localhost` would be another machine's. */
export function isThisMachine(url: URL): boolean {
  const host = hostOf(url);
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  const mapped = /^::ffff:([0-9a-f]{1,4}):[0-9a-f]{1,4}$/.exec(host)?.[1];
  if (mapped !== undefined) return Number.parseInt(mapped, 16) >>> 8 === 127;
  return isIP(host) > 0 && (kindOfAddress(host) === 'loopback' || host === '0.0.0.0' || host === '::');
}

/**
 * Whether a list of exceptions holds a host. Entries: `*` (all), a name (and what is below it, unless `isExact`), `.name`
 * or `*.name` (what is below it), any other pattern with `*`, an address, a range (`10.0.0.0/8`, `169.254/16`), `<local>`
 * (names without a dot), each with or without `:port`. What is none of these matches nothing.
 */
export function isBypassed(url: URL, { bypass, isExact = false }: Pick<ProxyRules, 'bypass' | 'isExact'>): boolean {
  const host = hostOf(url);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return bypass.slice(0, mostEntries).some((written) => {
    const entry = written.trim().toLowerCase();
    if (entry === '' || entry.length > longestEntry) return false;
    const { name, wantedPort } = takeApart(entry);
    return (wantedPort === undefined || wantedPort === port) && holds(name, host, isExact);
  });
}

function takeApart(entry: string): { name: string; wantedPort?: string } {
  const bare = entry.replace(/^[a-z][a-z0-9+.-]*:\/\//, '');
  const bracketed = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(bare);
  const named = bracketed ?? /^([^:]*):(\d{1,5})$/.exec(bare);
  if (!named) return { name: bare };
  const [, name = '', wantedPort] = named;
  return { name, ...(wantedPort !== undefined && { wantedPort }) };
}

function holds(name: string, host: string, isExact: boolean): boolean {
  if (name === '*') return true;
  if (name === '<local>') return !host.includes('.') && isIP(host) === 0;
  if (name.includes('/')) return isInRange(host, name);
  if (name.startsWith('.')) return host.endsWith(name) || (!isExact && host === name.slice(1));
  if (name.includes('*')) return matchesPattern(host, name);
  return host === name || (!isExact && isIP(name) === 0 && host.endsWith(`.${name}`));
}

/** Ranges may leave trailing zeros out, as a Mac writes them. */
function isInRange(host: string, range: string): boolean {
  const family = isIP(host);
  const [base = '', length = ''] = range.split('/');
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  const network = base.includes(':') || base.split('.').length > 4 ? base : padded(base);
  if (family === 0 || isIP(network) !== family || !(bits <= (family === 4 ? 32 : 128))) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, family === 4 ? 'ipv4' : 'ipv6');
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

function padded(base: string): string {
  const parts = base.split('.').filter((part) => part !== '');
  return [...parts, '0', '0', '0', '0'].slice(0, 4).join('.');
}

/** Parts between stars in their order: linear in the host, whatever somebody wrote. */
function matchesPattern(host: string, pattern: string): boolean {
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (host.length < first.length + last.length || !host.startsWith(first) || !host.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = host.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= host.length - last.length;
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '');
}
