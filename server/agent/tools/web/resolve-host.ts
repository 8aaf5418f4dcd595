import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { AppError } from '../../../lib/app-error.ts';
import { kindOfAddress, nat64Target } from '../../../lib/ip-addresses.ts';
import { orAborted } from '../or-aborted.ts';
import { type AllowedUrl, checkAddress, type WebPolicy } from './url-policy.ts';

export interface HostAddress {
  address: string;
  family: 4 | 6;
}

/** Every address of a name, in the order they should be tried. Rejects with the system's error. */
export type Resolver = (name: string) => Promise<HostAddress[]>;

/** As every program of this machine resolves names, its hosts file included. */
export const systemResolver: Resolver = async (name) => {
  const found = await lookup(name, { all: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
};

/**
 * The addresses that a connection may go to, looked up once: whoever connects uses these and does not ask again. One
 * address that is not allowed refuses the name. Throws AppError `host_not_found` or `address_refused`.
 */
export async function resolveHost(
  { host, isListed }: AllowedUrl,
  policy: WebPolicy,
  resolve: Resolver,
  signal: AbortSignal,
): Promise<HostAddress[]> {
  const family = isIP(host);
  if (family > 0) return [{ address: host, family: family === 6 ? 6 : 4 }];
  const found = await orAborted(lookUp(host, resolve), signal);
  if (isListed) return found;
  const usable = found.filter(({ address }) => !isPublicNat64(address));
  for (const { address } of usable) checkAddress(address, policy, `Where ${host} leads`);
  if (usable.length > 0) return usable;
  throw notFound(host);
}

/** A network without IPv4 gives such an address beside the real one; it is passed over, what it stands for is public. */
function isPublicNat64(address: string): boolean {
  const target = nat64Target(address);
  return target !== undefined && kindOfAddress(target) === 'public';
}

async function lookUp(host: string, resolve: Resolver): Promise<HostAddress[]> {
  try {
    return await resolve(host);
  } catch (error) {
    throw notFound(host, error);
  }
}

function notFound(host: string, cause?: unknown): AppError {
  return new AppError('host_not_found', `There is no host called ${host}. Check the spelling of the address.`, {
    status: 400,
    ...(cause !== undefined && { cause }),
  });
}
