import http from 'node:http';
import https from 'node:https';
import { isIPv6 } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { AppError } from '../../lib/app-error.ts';
import { sandboxFault } from '../faults.ts';

/** What proves both ends of a TLS connection, as PEM. */
export interface TlsMaterial {
  /** Absent: the authorities that Node knows. */
  ca?: string;
  cert?: string;
  key?: string;
  /** False only where a Docker context says so (`SkipTLSVerify`). */
  isVerified: boolean;
}

/** How an engine is reached once a tunnel, where one is needed, stands. */
export type Endpoint =
  | { kind: 'socket'; path: string }
  | { kind: 'tcp'; host: string; port: number; tls?: TlsMaterial };

/** An engine behind a machine that is reached by ssh. */
export interface SshAddress {
  kind: 'ssh';
  user?: string;
  host: string;
  port?: number;
  /** Of the engine, over there. */
  socketPath: string;
}

const usualSocket = '/var/run/docker.sock';
const usage = 'Write unix:///path/to/docker.sock, ssh://user@host or tcp://host:2376.';

/** Reads `unix://`, `npipe://`, `ssh://`, `tcp://`, `http(s)://` addresses and plain absolute paths. */
export function parseAddress(address: string): Endpoint | SshAddress {
  if (address.startsWith('/')) {
    return { kind: 'socket', path: address };
  }
  if (/^(unix|npipe):\/\/./.test(address)) {
    return { kind: 'socket', path: address.replace(/^(unix|npipe):\/\//, '') };
  }
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url && url.hostname !== '') {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (url.protocol === 'ssh:') {
      return sshAddress(url, host);
    }
    if (['tcp:', 'http:', 'https:'].includes(url.protocol)) {
      const isTls = url.protocol === 'https:';
      const port = url.port === '' ? (isTls ? 2376 : 2375) : Number(url.port);
      return { kind: 'tcp', host, port, ...(isTls ? { tls: { isVerified: true } } : {}) };
    }
  }
  throw new AppError(
    'docker_endpoint_wrong',
    `${withoutCredentials(address)} is not an engine address that can be used. ${usage}`,
    { status: 400 },
  );
}

function sshAddress(url: URL, host: string): SshAddress {
  const user = decodeURIComponent(url.username);
  // A password would have to be typed into ssh, and a leading hyphen would be an option of it.
  if (url.password !== '' || !/^[A-Za-z0-9_][A-Za-z0-9_.:-]*$/.test(host) || !/^([A-Za-z0-9_][\w.@-]*)?$/.test(user)) {
    throw new AppError(
      'docker_endpoint_wrong',
      'An ssh address is ssh://user@host:port without a password; use a key that ssh can use without asking.',
      { status: 400 },
    );
  }
  const path = decodeURIComponent(url.pathname);
  if (/[\0:]/.test(path)) {
    throw new AppError('docker_endpoint_wrong', 'The path of an ssh address may not have a colon.', { status: 400 });
  }
  return {
    kind: 'ssh',
    ...(user === '' ? {} : { user }),
    host,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    socketPath: path.length > 1 ? path : usualSocket,
  };
}

/** As `parseAddress`, for addresses that need no tunnel. */
export function parseEndpoint(address: string): Endpoint {
  const parsed = parseAddress(address);
  if (parsed.kind === 'ssh') {
    throw sandboxFault('docker_endpoint_wrong', { said: 'An ssh address is reached through a tunnel.' });
  }
  return parsed;
}

/** The address with user name and password taken out, for people to read. */
export function withoutCredentials(address: string): string {
  return address.replace(/^([a-z]+:\/\/)[^/@]*@/i, '$1');
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** How Node's HTTP client and the Docker library reach it. */
export function requestTarget(endpoint: Endpoint): http.RequestOptions & https.RequestOptions {
  if (endpoint.kind === 'socket') {
    return { socketPath: endpoint.path };
  }
  const { host, port, tls } = endpoint;
  return { host, port, ...(tls ? tlsOptions(tls) : {}) };
}

export function tlsOptions({
  ca,
  cert,
  key,
  isVerified,
}: TlsMaterial): SecureContextOptions & { rejectUnauthorized: boolean } {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    rejectUnauthorized: isVerified,
    minVersion: 'TLSv1.2',
  };
}

/** A raw request to the engine, for what the library cannot do. */
export function requestEngine(endpoint: Endpoint, options: http.RequestOptions): http.ClientRequest {
  const isTls = endpoint.kind === 'tcp' && endpoint.tls !== undefined;
  return (isTls ? https : http).request({ ...requestTarget(endpoint), agent: false, ...options });
}

/** As it goes into a URL. */
export function hostInUrl(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}
