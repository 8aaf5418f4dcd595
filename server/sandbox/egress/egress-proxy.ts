import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AppError } from '../../lib/app-error.ts';
import { serveConnect } from './connect-tunnel.ts';
import { refusal } from './egress-policy.ts';
import { forwardHttp } from './forward-http.ts';
import { forwardSecret } from './forward-secret.ts';
import type { ProxyScope } from './proxy-scope.ts';
import { answerRefusal, refusalHead } from './refusal-answer.ts';
import { routePrefix } from './secret-routes.ts';
import type { TunnelHooks } from './tunnels.ts';

const maxHeaderSize = 32_768;

/** The HTTP proxy of one sandbox. It listens nowhere: connections are handed to it. */
export function createEgressProxy(scope: ProxyScope): TunnelHooks {
  const settled = new WeakSet<Duplex>();
  const answers = new WeakMap<Duplex, ServerResponse>();
  const server = createServer({ maxHeaderSize });

  server.on('request', (request: IncomingMessage, response) => {
    const settle = () => settled.add(request.socket);
    // One after the other: else one connection would open any number of them outside.
    if (answers.get(request.socket)?.writableEnded === false) {
      request.socket.destroy();
      return;
    }
    answers.set(request.socket, response);
    const path = request.url ?? '';
    const route = scope.routes.find(path);
    if (route) void forwardSecret({ request, response, ...route }, scope, settle);
    else if (path.startsWith('/')) answerRefusal(response, explainOwnPath(path));
    else void forwardHttp(request, response, scope, settle);
  });
  server.on('connect', (request, client, head) => {
    void serveConnect({ request, client, head }, scope, () => settled.add(client));
  });
  server.on('clientError', (_fault, client) => {
    if (client.writable)
      client.end(refusalHead(refusal('request_invalid', 'This is not HTTP as a proxy takes it.', 400)));
    else client.destroy();
  });

  return {
    onOpen: (stream) => server.emit('connection', stream),
    isSettled: (stream) => settled.has(stream),
  };
}

function explainOwnPath(path: string): AppError {
  if (!path.startsWith(routePrefix)) {
    return refusal('request_invalid', 'This is the proxy of the sandbox: ask it for whole addresses.', 400);
  }
  return refusal('host_not_allowed', 'This key is not one that the sandbox may use (sandbox.secretProxy).');
}
