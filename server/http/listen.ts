import { createServer, type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener, type HttpBindings, RequestError } from '@hono/node-server';
import { AppError, messageOf } from '../lib/app-error.ts';
import { errorBody } from '../lib/error-body.ts';
import { type Logger, silentLogger } from '../telemetry/logger.ts';
import { type Connections, trackConnections } from './connections.ts';
import { listenFault } from './listen-fault.ts';

export interface HttpTimeouts {
  /** Until the last header arrived. Default 15,000. */
  headersMs?: number;
  /** Until the last byte of the body arrived. Default 60,000. */
  requestMs?: number;
  /** That a connection may rest between two requests. Default 5,000. */
  keepAliveMs?: number;
  /** How often slow connections are looked for. Default 5,000. */
  checkMs?: number;
}

export interface ListenOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  timeouts?: HttpTimeouts;
  /** Open at the same time; further ones are closed at once. Default 2,000. */
  maxConnections?: number;
  /** Hears of connections that could not be accepted. */
  logger?: Logger;
}

export interface Listening {
  /** `http://host:port` */
  address: string;
  host: string;
  /** The one that is really bound. */
  port: number;
  /** Ends idle connections at once, the others after graceMs. Idempotent; resolves when all are gone. */
  close(graceMs: number): Promise<void>;
}

export interface Fetches {
  fetch(request: Request, bindings: HttpBindings): Response | Promise<Response>;
}

const MAX_HEADER_BYTES = 16_384;
const MAX_HEADERS = 100;
const DROP_TOLD_EVERY_MS = 60_000;

/**
 * Serves the app, and resolves only when the port is really ours. Throws AppError `port_in_use` (409, details
 * {port, owner?: {pid, name}, freePort}), `port_not_permitted`, `host_not_available` or `listen_failed`.
 */
export async function listen(app: Fetches, options: ListenOptions): Promise<Listening> {
  const { host, port, timeouts = {}, maxConnections = 2000, logger = silentLogger } = options;
  const server = createHttpServer(app, timeouts);
  server.maxConnections = maxConnections;
  server.on('drop', createDropTeller(logger, maxConnections));
  const connections = trackConnections(server);
  server.on('clientError', (error, socket) => refuseBadHttp(error, socket as Socket, connections));
  try {
    await bind(server, host, port);
  } catch (error) {
    throw await listenFault(error, host, port);
  }
  server.on('error', (error) =>
    logger.child({ component: 'http' }).error('the listener failed', { error: error.message }),
  );
  const bound = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return { address: `http://${name}:${bound.port}`, host, port: bound.port, close: connections.close };
}

function createHttpServer(app: Fetches, timeouts: HttpTimeouts): Server {
  const { headersMs = 15_000, requestMs = 60_000, keepAliveMs = 5_000, checkMs = 5_000 } = timeouts;
  const listener = getRequestListener((request, bindings) => app.fetch(request, bindings as HttpBindings), {
    errorHandler: answerUnreadable,
    // Faster Requests and Responses for the whole process; Electron's own custom scheme must not meet them.
    overrideGlobalObjects: process.versions.electron === undefined,
  });
  const server = createServer(
    {
      headersTimeout: Math.min(headersMs, requestMs),
      requestTimeout: requestMs,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: checkMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      noDelay: true,
    },
    listener,
  );
  server.maxHeadersCount = MAX_HEADERS;
  return server;
}

/** A flood must not fill the log as well. */
function createDropTeller(logger: Logger, maxConnections: number): () => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - toldAt < DROP_TOLD_EVERY_MS) return;
    toldAt = performance.now();
    logger
      .child({ component: 'http' })
      .warn(`More than ${maxConnections} connections: further ones are closed at once.`);
  };
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** For requests that never became one for the app: a target or Host that is no URL. */
function answerUnreadable(error: unknown): Response {
  const known =
    error instanceof RequestError
      ? new AppError('bad_request', `The request cannot be read: ${messageOf(error)}.`, { status: 400 })
      : new AppError('internal_error', 'Something went wrong inside the server.');
  return Response.json(errorBody(known), { status: known.status });
}

/** For bytes that are no HTTP, or too slow, or have too many headers. */
function refuseBadHttp(error: NodeJS.ErrnoException, socket: Socket, connections: Connections): void {
  if (error.code === 'ECONNRESET' || !socket.writable || connections.isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const known =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new AppError('headers_too_large', `The headers are over ${MAX_HEADER_BYTES} bytes.`, { status: 431 })
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? new AppError('request_timeout', 'The request took too long to arrive.', { status: 408 })
        : new AppError('bad_request', 'This is not HTTP.', { status: 400 });
  const body = JSON.stringify(errorBody(known));
  socket.write(
    `HTTP/1.1 ${known.status} ${STATUS_CODES[known.status]}\r\nConnection: close\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  // Not `end`: a client that never closes its side would keep the connection for good.
  socket.destroySoon();
}
