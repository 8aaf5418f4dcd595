import http, { type IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { checkServerIdentity, connect as connectTls } from 'node:tls';
import type { Route } from '../../../network/network.ts';
import { openTunnel } from '../../../network/tunnel.ts';
import type { HostAddress } from './resolve-host.ts';

/** The head of an answer, and its body as it comes over the wire. */
export interface Exchange {
  status: number;
  statusText: string;
  headers: IncomingHttpHeaders;
  /** Destroy it when done, or the connection stays. */
  body: Readable;
}

export interface ExchangeRequest {
  url: URL;
  /** Where to connect: nothing else is looked up. Empty: a proxy looks the name up, which a person allowed. */
  addresses: readonly HostAddress[];
  headers: Record<string, string>;
  signal: AbortSignal;
}

/** One GET, redirects not followed. Rejects with the system's error, or that of a proxy on the way. */
export type Transport = (request: ExchangeRequest) => Promise<Exchange>;

export interface TransportOptions {
  /** Trusted besides the public authorities. */
  ca?: string;
  /** The proxy on the way, and whom to trust. Absent: none, and the public authorities. */
  routeTo?: ((url: URL) => Promise<Pick<Route, 'proxy' | 'trust'>>) | undefined;
  /** Sends connections elsewhere: tests reach their servers on the loopback with it. */
  dial?(address: string, port: number): { address: string; port: number };
}

/** A connection of its own per request: no cookies, nothing kept between them. */
export function createTransport({ ca, routeTo, dial }: TransportOptions = {}): Transport {
  return async ({ url, addresses, headers, signal }) => {
    const { proxy, trust } = (await routeTo?.(url)) ?? {};
    const isSecure = url.protocol === 'https:';
    const name = url.hostname.replace(/^\[|\]$/g, '');
    const wantedPort = Number(url.port) || (isSecure ? 443 : 80);
    const trusted = ca ?? trust?.all;
    const tlsName = name.replace(/\.+$/, '');
    const tls = {
      ...(trusted !== undefined && { ca: trusted }),
      ...(isIP(tlsName) === 0 && { servername: tlsName }),
      // By the page's own name, wherever the connection goes.
      checkServerIdentity: (_host: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
        checkServerIdentity(tlsName, certificate),
    };
    const options: https.RequestOptions = {
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, ...headers },
      maxHeaderSize: 65_536,
      signal,
    };
    if (proxy) {
      const through = { proxy, port: wantedPort, ca: trust?.all, signal };
      const socket = await tunnelTo(addresses.length === 0 ? [name] : byFamily(addresses), through);
      if (signal.aborted) {
        socket.destroy();
        throw signal.reason;
      }
      const connection = isSecure ? connectTls({ socket, ...tls }) : socket;
      // With an agent, also with none by `false`, this connection would not be used.
      return exchange(false, { ...options, createConnection: () => connection });
    }
    const targets = addresses.map(({ address, family }) => {
      const target = dial?.(address, wantedPort) ?? { address, port: wantedPort };
      return { family: dial ? isIP(target.address) : family, ...target };
    });
    const [first] = targets;
    if (!first) throw new Error('There is no address to connect to.');
    return exchange(isSecure, {
      ...options,
      agent: isSecure ? new https.Agent(trusted === undefined ? {} : { ca: trusted }) : new http.Agent(),
      host: isIP(name) > 0 ? first.address : name,
      port: first.port,
      lookup: pinnedTo(targets),
      ...(isSecure && tls),
    });
  };
}

const mostTried = 3;

/** Many proxies reach no IPv6. */
function byFamily(addresses: readonly HostAddress[]): string[] {
  return addresses.toSorted((a, b) => a.family - b.family).map(({ address }) => address);
}

/** The first of several addresses that the proxy leads to. Rejects as the last of them. */
async function tunnelTo(
  hosts: readonly string[],
  through: Omit<Parameters<typeof openTunnel>[0], 'host'>,
): Promise<Socket> {
  let fault: unknown;
  for (const host of hosts.slice(0, mostTried)) {
    try {
      return await openTunnel({ ...through, host });
    } catch (error) {
      if (through.signal?.aborted) throw error;
      fault = error;
    }
  }
  throw fault;
}

function exchange(isSecure: boolean, options: https.RequestOptions): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const request = (isSecure ? https : http).request(options);
    request.once('response', (response) => {
      const { statusCode: status = 0, statusMessage: statusText = '', headers } = response;
      resolve({ status, statusText, headers, body: response });
    });
    // Stays after the answer began: a late error belongs to the body, which tells it itself.
    request.on('error', reject);
    request.once('close', () => reject(new Error('The connection was closed before an answer came.')));
    request.end();
  });
}

function pinnedTo(targets: readonly { address: string; family: number }[]): LookupFunction {
  return (_name, options, callback) => {
    if (options.all) callback(null, [...targets]);
    else callback(null, targets[0]?.address ?? '', targets[0]?.family ?? 4);
  };
}
