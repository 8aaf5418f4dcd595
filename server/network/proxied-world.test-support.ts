import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A TLS server with an authority of its own, and a CONNECT proxy that leads everything to it. */
export interface ProxiedWorld {
  dir: string;
  caFile: string;
  ca: string;
  upstreamPort: number;
  plainPort: number;
  /** `http://127.0.0.1:<port>` */
  proxyUrl: string;
  /** The same with TLS, with a certificate of that authority. */
  tlsProxyUrl: string;
  /** What the proxies were asked for, in order. */
  asked: string[];
  /** What is answered instead of a tunnel, by target. */
  refuse: Map<string, number>;
  /** Asked for by the proxies when set: `user:password`. */
  signIn: string | undefined;
  close(): void;
}

/** An authority and a certificate of upstream.test that it issued, as files in a folder. */
export function makeCertificates(dir: string): void {
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  run('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Own authority');
  run('req', ...key, '-keyout', 'up.key', '-out', 'up.csr', '-subj', '/CN=upstream.test');
  writeFileSync(path.join(dir, 'san'), 'subjectAltName=DNS:upstream.test,DNS:localhost,IP:127.0.0.1');
  run(
    ...['x509', '-req', '-in', 'up.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
    ...['-out', 'up.pem', '-days', '2', '-extfile', 'san'],
  );
}

export async function openProxiedWorld(answer: RequestListener = (_, response) => response.end('hello')) {
  const dir = mkdtempSync(path.join(tmpdir(), 'agentrail-proxied-'));
  makeCertificates(dir);
  const file = (name: string) => readFileSync(path.join(dir, name));
  const tls = { key: file('up.key'), cert: file('up.pem') };
  const sockets = new Set<Socket>();
  const servers: Server[] = [];
  async function listening(server: Server): Promise<number> {
    servers.push(server);
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }
  const asProxy = (server: Server) =>
    server.on('connect', ({ url = '', headers }, client: Socket) => {
      world.asked.push(url);
      client.on('error', () => client.destroy());
      const expected = world.signIn && `Basic ${Buffer.from(world.signIn).toString('base64')}`;
      const status = expected && headers['proxy-authorization'] !== expected ? 407 : world.refuse.get(url);
      if (status !== undefined) {
        client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
        return;
      }
      const port = url.endsWith(':80') ? world.plainPort : world.upstreamPort;
      const upstream = connect(port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.pipe(client).pipe(upstream);
      });
      upstream.on('error', () => client.destroy());
      client.on('close', () => upstream.destroy());
    });
  const world: ProxiedWorld = {
    ...{ dir, caFile: path.join(dir, 'ca.pem'), ca: file('ca.pem').toString() },
    ...{ asked: [], refuse: new Map(), signIn: undefined },
    ...{ upstreamPort: 0, plainPort: 0, proxyUrl: '', tlsProxyUrl: '' },
    close() {
      for (const socket of sockets) socket.destroy();
      for (const server of servers) server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  world.upstreamPort = await listening(createTlsServer(tls, answer) as unknown as Server);
  world.plainPort = await listening(createServer(answer));
  world.proxyUrl = `http://127.0.0.1:${await listening(asProxy(createServer()))}`;
  const secure = createTlsServer(tls) as unknown as Server;
  world.tlsProxyUrl = `https://localhost:${await listening(asProxy(secure))}`;
  return world;
}
