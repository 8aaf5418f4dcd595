import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { canonicalHost, type HostAndPort, isAddressLiteral, parseHostAndPort } from '../../contract/host-pattern.ts';
import { AppError } from '../../lib/app-error.ts';
import { type Opening, readClientHello, unrecognizedName } from './client-hello.ts';
import { dial } from './dial.ts';
import { checkTarget, refusal } from './egress-policy.ts';
import type { ProxyScope } from './proxy-scope.ts';
import { refusalHead } from './refusal-answer.ts';
import { resolveTarget } from './resolve-target.ts';

/** Where nothing but TLS is spoken, or, on 80, nothing that needs a tunnel. */
const guardedPorts = [80, 443];
const method = 'CONNECT';

/**
 * Answers one CONNECT: checks the target, connects to the address that was checked, and lets bytes through once the
 * client's first ones are the hello for that very host. `settle` is called when they are.
 */
export async function serveConnect(
  { request, client, head }: { request: IncomingMessage; client: Duplex; head: Buffer },
  scope: ProxyScope,
  settle: () => void,
): Promise<void> {
  const target = parseHostAndPort(request.url ?? '');
  const facts = { method, ...(target ?? { host: (request.url ?? '').slice(0, 300), port: 0 }) };
  try {
    if (!target) {
      throw refusal('request_invalid', 'CONNECT needs a host and a port, for instance pypi.org:443.', 400);
    }
    checkTarget(target, scope.policy());
    const addresses = await resolveTarget(target, scope.policy(), scope.book);
    const upstream = await dial(target, addresses, scope.clock);
    if (client.destroyed) {
      upstream.destroy();
      return;
    }
    client.once('close', () => upstream.destroy());
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    upstream.once('close', () => {
      if (!client.writableEnded) client.destroy();
    });
    // Some protocols let the server speak first. No pipeline: a refusal has to get through afterwards.
    upstream.pipe(client);
    try {
      const first = await readOpening(client, head);
      checkOpening(first.opening, target);
      scope.decisions.allowed({ ...facts, ...(upstream.remoteAddress && { address: upstream.remoteAddress }) });
      settle();
      upstream.write(first.bytes);
      await pipeline(client, upstream);
    } catch (fault) {
      upstream.unpipe(client);
      if (fault instanceof AppError) refuseInside(client, upstream);
      throw fault;
    }
  } catch (fault) {
    if (!(fault instanceof AppError)) {
      // One of the two ends broke the connection; both know.
      client.destroy();
      return;
    }
    scope.decisions.refused(facts, fault);
    if (client.writable) client.end(refusalHead(fault));
  }
}

/** The client has been told that it is connected: what it hears now is the other side to it. */
function refuseInside(client: Duplex, upstream: Duplex): void {
  if (client.writable) client.end(unrecognizedName);
  upstream.destroy();
  // Whatever else it says has no reader, but its end has.
  client.resume();
}

/** The client's first bytes, as far as they are needed to know what it wants. Rejects when it leaves before. */
function readOpening(client: Duplex, head: Buffer): Promise<{ opening: Opening; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    let bytes = head;
    const look = () => {
      const opening = bytes.length === 0 ? { kind: 'more' as const } : readClientHello(bytes);
      if (opening.kind === 'more') return;
      stop();
      resolve({ opening, bytes });
    };
    const take = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      look();
    };
    const leave = () => {
      stop();
      reject(new Error('The client left.'));
    };
    function stop(): void {
      client.pause();
      client.off('data', take).off('end', leave).off('close', leave);
    }
    client.on('data', take).on('end', leave).on('close', leave);
    look();
  });
}

/** Throws `not_tls` or `sni_mismatch`. */
function checkOpening(opening: Opening, target: HostAndPort): void {
  if (opening.kind !== 'tls') {
    if (!guardedPorts.includes(target.port)) return;
    throw refusal(
      'not_tls',
      `What was sent to ${target.host}:${target.port} is not TLS. Use https, or http without CONNECT.`,
    );
  }
  const { serverName } = opening;
  const isSame = isAddressLiteral(target.host)
    ? serverName === undefined
    : serverName !== undefined && canonicalHost(serverName) === target.host;
  if (!isSame) {
    const named = serverName === undefined ? 'no server name' : `the server name ${serverName.slice(0, 100)}`;
    throw refusal('sni_mismatch', `The connection to ${target.host} carries ${named}. Both must be the same.`);
  }
}
