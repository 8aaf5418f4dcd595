import http from 'node:http';
import https from 'node:https';
import { isIP, type Socket } from 'node:net';
import { AppError } from '../lib/app-error.ts';
import { shownProxy } from './proxy-rules.ts';

const openMs = 15_000;

export interface TunnelOptions {
  proxy: URL;
  /** Name or address without brackets. The proxy looks a name up, so give an address where it matters which. */
  host: string;
  port: number;
  /** All that is trusted, for a proxy that is spoken to with TLS. Absent: the usual authorities. */
  ca?: string[] | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * A connection through a proxy (CONNECT), within 15 s. The caller owns it. Rejects with AppError `proxy_unreachable`,
 * `proxy_refused` (details: the status) or `proxy_sign_in` (502), or the signal's reason.
 */
export function openTunnel({ proxy, host, port, ca, signal }: TunnelOptions): Promise<Socket> {
  const shown = shownProxy(proxy.href);
  const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const bound = AbortSignal.timeout(openMs);
  return new Promise((resolve, reject) => {
    const isSecure = proxy.protocol === 'https:';
    const name = proxy.hostname.replace(/^\[|\]$/g, '');
    const request = (isSecure ? https : http).request({
      host: name,
      port: Number(proxy.port) || (isSecure ? 443 : 80),
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...signIn(proxy) },
      agent: false,
      signal: signal ? AbortSignal.any([signal, bound]) : bound,
      ...(isSecure && { ...(ca && { ca }), ...(isIP(name) === 0 && { servername: name }) }),
    });
    request.once('connect', ({ statusCode = 0 }, socket, head) => {
      if (statusCode !== 200) {
        socket.destroy();
        reject(refused(shown, target, statusCode));
        return;
      }
      // What came along with the answer belongs to the connection.
      if (head.length > 0) socket.unshift(head);
      resolve(socket as Socket);
    });
    request.once('response', (response) => {
      response.destroy();
      reject(refused(shown, target, response.statusCode ?? 0));
    });
    // Stays, for a connection that is given up may still fail.
    request.on('error', (error) => reject(signal?.aborted ? signal.reason : unreachable(shown, bound.aborted, error)));
    request.end();
  });
}

function signIn({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A lone % in a password is itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function refused(proxy: string, target: string, status: number): AppError {
  const details = { status };
  if (status === 407) {
    const message = `The proxy ${proxy} wants a sign-in (407). Set HTTPS_PROXY to http://user:password@host:port in the environment.`;
    return new AppError('proxy_sign_in', message, { status: 502, details });
  }
  const message = `The proxy ${proxy} does not lead to ${target} (${status}). Ask whoever runs it, or name the host in network.noProxy.`;
  return new AppError('proxy_refused', message, { status: 502, details });
}

function unreachable(proxy: string, isTimeout: boolean, error: Error): AppError {
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  const what = isTimeout ? `did not answer within ${openMs / 1000} s` : `cannot be reached${code}`;
  return new AppError('proxy_unreachable', `The proxy ${proxy} ${what}. Check its address under Settings, Network.`, {
    status: 502,
    cause: error,
  });
}
