import { connect, type LookupFunction, type Socket } from 'node:net';
import type { HostAndPort } from '../../contract/host-pattern.ts';
import type { Clock } from '../../lib/clock.ts';
import { refusal } from './egress-policy.ts';
import type { HostAddress } from './resolve-target.ts';

const connectTimeoutMs = 15_000;

/** A connection to one of these addresses; nothing is looked up. Throws `host_unreachable`. */
export async function dial(target: HostAndPort, addresses: readonly HostAddress[], clock: Clock): Promise<Socket> {
  const socket = connect({
    host: target.host,
    port: target.port,
    lookup: pinnedTo(addresses),
    autoSelectFamily: addresses.length > 1,
    allowHalfOpen: true,
    noDelay: true,
  });
  const settled = new AbortController();
  clock.sleep(connectTimeoutMs, settled.signal).then(
    () => socket.destroy(new Error('The connection took too long.')),
    () => undefined,
  );
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('The connection was closed.')));
    });
    // From here on whoever uses it hears of errors; one that comes before that must not end the program.
    socket.on('error', () => undefined);
    return socket;
  } catch (cause) {
    const fault = refusal('host_unreachable', `${target.host} does not answer on port ${target.port}.`, 502);
    fault.cause = cause;
    throw fault;
  } finally {
    settled.abort();
  }
}

function pinnedTo(addresses: readonly HostAddress[]): LookupFunction {
  return (_name, options, callback) => {
    if (options.all) callback(null, [...addresses]);
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 4);
  };
}
