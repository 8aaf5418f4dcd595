import { isIP, isIPv4 } from 'node:net';
import type { Config } from '../../../contract/config.ts';
import { AppError } from '../../../lib/app-error.ts';
import { type AddressKind, kindOfAddress } from '../../../lib/ip-addresses.ts';

/** What a person allowed beyond public addresses on the usual ports. */
export type WebPolicy = Config['web'];

/** An address that may be asked, once its name was looked up. */
export interface AllowedUrl {
  url: URL;
  /** Without brackets and final dot. */
  host: string;
  /** The host stands in `web.allowHosts`: wherever it leads, a person wanted it. */
  isListed: boolean;
}

const maxUrlCharacters = 4096;
const usualPorts = [80, 443];

/** Names that only mean something inside a network. */
const privateSuffixes = [
  'localhost',
  'local',
  'internal',
  'localdomain',
  'lan',
  'home',
  'home.arpa',
  'corp',
  'intranet',
  'private',
];
/** Names under which clouds hand out credentials; they need an entry of their own in `web.allowHosts`. */
const metadataNames = [
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.azure.com',
  'metadata.tencentyun.com',
  'metadata.platformequinix.com',
  'metadata.packet.net',
  'instance-data',
  'instance-data.ec2.internal',
  'rancher-metadata',
];

/**
 * The URL that a text means, if it may be fetched as far as can be told without looking its name up. `base` is where a
 * redirect came from. Throws AppError `invalid_url`, `scheme_refused`, `credentials_refused`, `port_refused` or
 * `address_refused`.
 */
export function checkUrl(text: string, policy: WebPolicy, base?: URL): AllowedUrl {
  const url = text.length <= maxUrlCharacters ? URL.parse(text, base?.href) : null;
  if (!url) {
    throw refusal('invalid_url', 'This is no address. Write the whole URL, for instance https://example.com/page.');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw refusal('scheme_refused', `Only http and https can be fetched, not ${url.protocol.slice(0, 30)}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw refusal(
      'credentials_refused',
      'An address with a user name or password in it is not fetched. Leave them out.',
    );
  }
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '');
  const isListed = policy.allowHosts.some((entry) => matchesHost(entry, host));
  checkPort(url, policy);
  if (isIPv4(host) && !text.includes(host) && url.host !== base?.host) {
    throw refusal(
      'address_refused',
      `An IP address is only taken in its usual spelling. Write ${host} if you mean that.`,
    );
  }
  if (!isListed) {
    if (isIP(host) > 0) checkAddress(host, policy, 'This address');
    else checkName(host, policy);
  }
  return { url, host, isListed };
}

/** Throws AppError `address_refused` when the policy does not allow addresses of this kind. */
export function checkAddress(address: string, policy: WebPolicy, what: string): void {
  const kind = kindOfAddress(address);
  if (kind === 'public' || (policy.allowPrivate && isPrivate(kind))) return;
  throw refusal('address_refused', `${what} is not on the public internet (${words[kind]}). ${advice(kind)}`);
}

function isPrivate(kind: AddressKind): boolean {
  return kind === 'loopback' || kind === 'private' || kind === 'shared';
}

const words: Record<AddressKind, string> = {
  public: 'public',
  loopback: 'this machine',
  private: 'a private network',
  shared: 'a provider’s or overlay network',
  link_local: 'link-local',
  metadata: 'a cloud’s metadata service',
  multicast: 'multicast',
  embedded: 'an IPv4 address inside an IPv6 address',
  reserved: 'reserved',
};

function advice(kind: AddressKind): string {
  return isPrivate(kind)
    ? 'A person can allow such addresses with web.allowPrivate, or this host alone with web.allowHosts, in the settings.'
    : 'A person can allow this host with web.allowHosts in the settings.';
}

function checkPort(url: URL, policy: WebPolicy): void {
  if (url.port === '') return;
  const port = Number(url.port);
  if (usualPorts.includes(port) || policy.allowPorts.includes(port)) return;
  throw refusal(
    'port_refused',
    `Port ${port} is not fetched, only 80 and 443. A person can allow it with web.allowPorts in the settings.`,
  );
}

function checkName(host: string, policy: WebPolicy): void {
  if (metadataNames.includes(host)) {
    throw refusal('address_refused', `${host} is ${words.metadata}. ${advice('metadata')}`);
  }
  const isLocal =
    !host.includes('.') || privateSuffixes.some((suffix) => host === suffix || host.endsWith(`.${suffix}`));
  if (isLocal && !policy.allowPrivate) {
    throw refusal('address_refused', `${host} is a name of ${words.private}. ${advice('private')}`);
  }
}

function matchesHost(entry: string, host: string): boolean {
  const wanted = entry
    .trim()
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.+$/, '');
  return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) : host === wanted;
}

function refusal(code: string, message: string): AppError {
  return new AppError(code, message, { status: 400 });
}
