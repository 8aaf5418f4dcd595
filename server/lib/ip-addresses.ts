import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** What an IP address is for. Everything but `public` stays out of an agent's reach unless a person allows it. */
export type AddressKind =
  | 'public'
  | 'loopback'
  | 'private'
  /** Between a provider and its customers (CGNAT), also used by private overlay networks. */
  | 'shared'
  /** This link only; the metadata services of most clouds. */
  | 'link_local'
  /** Metadata and control services of clouds outside of the link-local range. */
  | 'metadata'
  | 'multicast'
  /** An IPv4 address inside an IPv6 one: mapped, NAT64, 6to4, Teredo. Where it leads is decided by others. */
  | 'embedded'
  /** Not assigned, for documentation, or no address at all. */
  | 'reserved';

/** From the special-purpose registries of IANA; the first kind that holds the address counts. */
const ranges: readonly [AddressKind, readonly string[]][] = [
  [
    'metadata',
    [
      '168.63.129.16/32',
      '100.100.100.200/32',
      '192.0.0.192/32',
      'fd00:ec2::254/128',
      'fd20:ce::254/128',
      'fd00:42::42/128',
    ],
  ],
  ['loopback', ['127.0.0.0/8', '::1/128']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fec0::/10']],
  ['shared', ['100.64.0.0/10']],
  ['link_local', ['169.254.0.0/16', 'fe80::/10']],
  ['multicast', ['224.0.0.0/4', 'ff00::/8']],
  [
    'reserved',
    [
      '0.0.0.0/8',
      '192.0.0.0/24',
      '192.0.2.0/24',
      '192.88.99.0/24',
      '198.18.0.0/15',
      '198.51.100.0/24',
      '203.0.113.0/24',
      '240.0.0.0/4',
      '2001::/23',
      '2001:db8::/32',
      '3fff::/20',
    ],
  ],
];
const embedded = listOf([
  '::/96',
  '::ffff:0:0/96',
  '::ffff:0:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2002::/16',
  '2001::/32',
]);
const nat64 = listOf(['64:ff9b::/96']);
/** All that is given out of IPv6 so far. */
const globalUnicast = listOf(['2000::/3']);
const lists = ranges.map(([kind, subnets]) => ({ kind, v4: listOf(subnets, 'ipv4'), v6: listOf(subnets, 'ipv6') }));

/** The kind of an address in its usual spelling; `reserved` for text that is no address. */
export function kindOfAddress(address: string): AddressKind {
  if (isIPv4(address)) return lists.find(({ v4 }) => v4.check(address, 'ipv4'))?.kind ?? 'public';
  const plain = address.replace(/%.*$/, '');
  if (!isIPv6(plain)) return 'reserved';
  if (plain === '::1') return 'loopback';
  if (plain === '::') return 'reserved';
  if (embedded.check(plain, 'ipv6')) return 'embedded';
  const found = lists.find(({ v6 }) => v6.check(plain, 'ipv6'));
  return found?.kind ?? (globalUnicast.check(plain, 'ipv6') ? 'public' : 'reserved');
}

/** The IPv4 address inside a NAT64 one, as networks without IPv4 give it out for every name. */
export function nat64Target(address: string): string | undefined {
  if (!isIPv6(address) || !nat64.check(address, 'ipv6')) return undefined;
  // As a URL's host the address is written in hexadecimal groups without leading zeros.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':');
  const [high = 0, low = 0] = groups.slice(-2).map((group) => Number.parseInt(group || '0', 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function listOf(subnets: readonly string[], only?: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = '', prefix = ''] = subnet.split('/');
    const family = isIPv4(network) ? 'ipv4' : 'ipv6';
    if (only === undefined || only === family) list.addSubnet(network, Number(prefix), family);
  }
  return list;
}
