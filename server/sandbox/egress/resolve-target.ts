import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type HostAndPort, isAddressLiteral } from '../../contract/host-pattern.ts';
import { kindOfAddress, nat64Target } from '../../lib/ip-addresses.ts';
import { type EgressPolicy, isListedAddress, refusal } from './egress-policy.ts';

export interface HostAddress {
  address: string;
  family: 4 | 6;
}

/** What the proxy asks of the world, so that tests can own it. */
export interface AddressBook {
  /** Every address of a name; rejects with the system's error. */
  resolve(name: string): Promise<HostAddress[]>;
  /** Whether an address may be reached though nobody listed it. */
  isPublic(address: string): boolean;
}

export const systemAddressBook: AddressBook = {
  async resolve(name) {
    const found = await lookup(name, { all: true });
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
  },
  isPublic: (address) => kindOfAddress(address) === 'public',
};

/**
 * Where a checked target's connection goes: looked up once, whoever connects uses these and asks nobody again. One
 * address that is neither public nor listed itself refuses the name, so that no name leads where its owner points it
 * today. Throws `host_unknown` or `address_private`.
 */
export async function resolveTarget(
  target: HostAndPort,
  policy: EgressPolicy,
  book: AddressBook,
): Promise<HostAddress[]> {
  const found = await addressesOf(target, book);
  const usable = found.filter(({ address }) => !isPublicNat64(address, book));
  for (const { address } of usable) {
    if (book.isPublic(address) || isListed({ host: address, port: target.port }, policy)) continue;
    throw refusal(
      'address_private',
      `${target.host} leads to ${address}, which is not on the public internet. Sandboxes do not reach such addresses.`,
    );
  }
  if (usable.length === 0) throw unknownHost(target.host);
  return usable;
}

async function addressesOf({ host }: HostAndPort, book: AddressBook): Promise<HostAddress[]> {
  if (isAddressLiteral(host)) return [{ address: host, family: host.includes(':') ? 6 : 4 }];
  try {
    const found = await book.resolve(host);
    return found.filter(({ address }) => isIP(address) > 0);
  } catch (cause) {
    throw unknownHost(host, cause);
  }
}

/** A network without IPv4 gives such an address beside the real one; it is passed over, what it stands for is public. */
function isPublicNat64(address: string, book: AddressBook): boolean {
  const inner = nat64Target(address);
  return inner !== undefined && book.isPublic(inner);
}

/** A private network can be opened address by address; this machine and metadata services cannot. */
function isListed(target: HostAndPort, policy: EgressPolicy): boolean {
  const kind = kindOfAddress(target.host);
  return (kind === 'private' || kind === 'shared' || kind === 'public') && isListedAddress(target, policy);
}

function unknownHost(host: string, cause?: unknown): Error {
  const fault = refusal('host_unknown', `There is no host called ${host}. Check the spelling.`, 502);
  if (cause !== undefined) fault.cause = cause;
  return fault;
}
