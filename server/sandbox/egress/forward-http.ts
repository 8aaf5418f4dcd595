import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { canonicalHost, type HostAndPort } from '../../contract/host-pattern.ts';
import { AppError } from '../../lib/app-error.ts';
import { dial } from './dial.ts';
import { checkTarget, refusal } from './egress-policy.ts';
import type { ProxyScope } from './proxy-scope.ts';
import { answerRefusal } from './refusal-answer.ts';
import { resolveTarget } from './resolve-target.ts';

/** RFC 9110 §7.6.1, and what is between client and proxy only. `host` is written anew. */
const hopHeaders = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'proxy-authenticate', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'expect', 'host'],
]);

/** Answers one plain request in absolute form: `GET http://host/path`. */
export async function forwardHttp(
  request: IncomingMessage,
  response: ServerResponse,
  scope: ProxyScope,
  settle: () => void,
): Promise<void> {
  const method = request.method ?? 'GET';
  const url = URL.parse(request.url ?? '');
  const target = targetOf(url);
  const facts = { method, ...(target ?? { host: (request.url ?? '').slice(0, 300), port: 0 }) };
  try {
    if (!url || !target) {
      throw refusal('request_invalid', 'Only http addresses are asked for in this way; https goes by CONNECT.', 400);
    }
    checkTarget(target, scope.policy());
    if (!isSameHost(request.headers.host, url)) {
      throw refusal('host_mismatch', `The Host header is not ${url.host}. Both must be the same.`);
    }
    const addresses = await resolveTarget(target, scope.policy(), scope.book);
    const socket = await dial(target, addresses, scope.clock);
    scope.decisions.allowed({ ...facts, ...(socket.remoteAddress && { address: socket.remoteAddress }) });
    settle();
    await exchange({
      ...{ request, response, socket },
      options: { method, path: `${url.pathname}${url.search}`, headers: { host: url.host, ...passedHeaders(request) } },
    });
  } catch (fault) {
    if (fault instanceof AppError) {
      scope.decisions.refused(facts, fault);
      answerRefusal(response, fault);
    } else response.destroy();
  }
}

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** Connected; ends with the exchange. */
  socket: Duplex;
  options: http.RequestOptions;
  /** Raw names and values, in turn. */
  changeHeaders?(raw: string[]): string[];
  /** Looks at the answer before any of it is passed on; throws to refuse it. */
  check?(answer: IncomingMessage): void;
  /** What the answer's body goes through. */
  filter?: Transform;
}

/** Sends the request over the socket and the answer back. Throws `host_unreachable` when there is none. */
export async function exchange({ request, response, socket, options, ...answering }: Exchange): Promise<void> {
  if (response.destroyed) {
    socket.destroy();
    return;
  }
  response.once('close', () => socket.destroy());
  const upstream = http.request({ ...options, createConnection: () => socket });
  const body = pipeline(request, upstream);
  body.catch(() => undefined);
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      upstream.once('response', resolve);
      upstream.on('error', reject);
      upstream.once('close', () => reject(new Error('The connection was closed before an answer came.')));
    }).catch((cause: unknown) => {
      const fault = refusal(
        'host_unreachable',
        `${options.headers ? hostOf(options.headers) : ''} gave no answer.`,
        502,
      );
      fault.cause = cause;
      throw fault;
    });
    answering.check?.(answer);
    const raw = withoutHops(answer.rawHeaders, answer.headers.connection);
    const status = answer.statusCode ?? 502;
    // Whoever looks at the headers wants nothing else of the answer's head to pass.
    const statusText = answering.changeHeaders ? http.STATUS_CODES[status] : answer.statusMessage;
    response.writeHead(status, statusText ?? '', answering.changeHeaders?.(raw) ?? raw);
    await (answering.filter ? pipeline(answer, answering.filter, response) : pipeline(answer, response));
  } finally {
    socket.destroy();
  }
}

/** What of the request's headers goes on, its framing included. */
export function passedHeaders(request: IncomingMessage): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  const raw = withoutHops(request.rawHeaders, request.headers.connection);
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    const value = raw[at + 1] ?? '';
    const known = headers[name];
    headers[name] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value];
  }
  // Node would send a GET's body without any framing, and its rest would be read as another request.
  if (request.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked';
  return headers;
}

function withoutHops(raw: string[], connection: string | undefined): string[] {
  const named = (connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const kept: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2);
    const key = name.toLowerCase();
    if (!hopHeaders.has(key) && (!named.includes(key) || key === 'content-length')) kept.push(name, value);
  }
  return kept;
}

function targetOf(url: URL | null): HostAndPort | undefined {
  const host = url?.protocol === 'http:' ? canonicalHost(url.hostname) : undefined;
  return host === undefined ? undefined : { host, port: Number(url?.port) || 80 };
}

function isSameHost(header: string | undefined, url: URL): boolean {
  const asked = URL.parse(`http://${header ?? ''}/`);
  return (
    asked !== null &&
    asked.pathname === '/' &&
    canonicalHost(asked.hostname) === canonicalHost(url.hostname) &&
    asked.port === url.port
  );
}

function hostOf(headers: NonNullable<http.RequestOptions['headers']>): string {
  return 'host' in headers ? String(headers.host) : 'The host';
}
