import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { configSchema } from '../contract/config.ts';
import { systemClock } from '../lib/clock.ts';
import { createNetwork, type Network as Opened } from '../network/network.ts';
import { modelFetch } from './model-fetch.ts';

let dir: string;
let upstreamPort: number;
let proxyUrl: string;
let asked: string[] = [];
const sockets = new Set<Socket>();
const servers: Server[] = [];
const opened: Opened[] = [];

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

/** An authority of its own and a certificate of upstream.test. */
function makeCertificates(): void {
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  run('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Own authority');
  run('req', ...key, '-keyout', 'up.key', '-out', 'up.csr', '-subj', '/CN=upstream.test');
  writeFileSync(path.join(dir, 'san'), 'subjectAltName=DNS:upstream.test,DNS:localhost,IP:127.0.0.1');
  run(
    ...['x509', '-req', '-in', 'up.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
    ...['-out', 'up.pem'],
    ...['-days', '2', '-extfile', 'san'],
  );
}

beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'agentrail-proxy-'));
  makeCertificates();
  const file = (name: string) => readFileSync(path.join(dir, name));
  upstreamPort = await listening(
    createTlsServer({ key: file('up.key'), cert: file('up.pem') }, (request, response) => {
      if (request.url === '/away') response.writeHead(302, { location: '/' });
      response.end(`hello ${request.headers['x-api-key'] ?? ''}`);
    }) as unknown as Server,
  );
  const proxy = createServer();
  proxy.on('connect', ({ url = '' }, client: Socket) => {
    asked.push(url);
    const upstream = connect(upstreamPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  proxyUrl = `http://127.0.0.1:${await listening(proxy)}`;
});
afterEach(async () => {
  asked = [];
  await Promise.all(opened.splice(0).map((each) => each.close()));
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  rmSync(dir, { recursive: true, force: true });
});

type Network = Record<string, unknown>;

function open(network: Network, environment: { http?: string; https?: string; no?: string } = {}): typeof fetch {
  const { network: settings } = configSchema.parse({ network });
  const outbound = createNetwork({
    settings: () => settings,
    environment,
    readSystem: async () => undefined,
    clock: systemClock,
  });
  opened.push(outbound);
  return modelFetch(outbound.fetch);
}

const ca = () => path.join(dir, 'ca.pem');
const post = { method: 'POST', body: '{}', headers: { 'x-api-key': 'k' } };
const there = () => `https://upstream.test:${upstreamPort}/`;

describe('requests to models', () => {
  it('go through a proxy that was set, and trust the authority that was set', async () => {
    const ask = open({ proxy: 'manual', proxyUrl, caFile: ca() });
    expect(await (await ask(there(), post)).text()).toBe('hello k');
    expect(asked).toEqual([`upstream.test:${upstreamPort}`]);
  });

  it('do not trust an authority that was not set', async () => {
    await expect(open({ proxy: 'manual', proxyUrl })(there(), post)).rejects.toThrow('fetch failed');
    await expect(open({ proxy: 'none' })(`https://localhost:${upstreamPort}/`)).rejects.toThrow('fetch failed');
  });

  it('trust it without a proxy too', async () => {
    const ask = open({ proxy: 'none', caFile: ca() }, { https: proxyUrl });
    expect(await (await ask(`https://localhost:${upstreamPort}/`, post)).text()).toBe('hello k');
    expect(asked).toEqual([]);
  });

  it('take the proxy of the environment unless told otherwise', async () => {
    const ask = open({ caFile: ca() }, { https: proxyUrl });
    expect((await ask(there(), post)).status).toBe(200);
    expect(asked).toHaveLength(1);
  });

  it('go around it to this machine and to hosts that are named', async () => {
    const own = open({ proxy: 'manual', proxyUrl, caFile: ca() });
    expect((await own(`https://localhost:${upstreamPort}/`, post)).status).toBe(200);
    const named = open({ proxy: 'manual', proxyUrl, noProxy: ['upstream.test'], caFile: ca() });
    // Without the proxy nobody knows that name.
    await expect(named(there(), post)).rejects.toThrow('fetch failed');
    expect(asked).toEqual([]);
  });

  it('are refused redirects as without a proxy', async () => {
    const ask = open({ proxy: 'manual', proxyUrl, caFile: ca() });
    await expect(ask(`${there()}away`, post)).rejects.toMatchObject({ code: 'provider_redirected' });
  });

  it('end when they are aborted', async () => {
    const ask = open({ proxy: 'manual', proxyUrl, caFile: ca() });
    await expect(ask(there(), { ...post, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });

  it('say what is wrong with the settings', async () => {
    await expect(open({ proxy: 'manual' })(there())).rejects.toMatchObject({ code: 'network_proxy_missing' });
    await expect(open({ caFile: path.join(dir, 'none.pem') })(there())).rejects.toMatchObject({
      code: 'network_ca_unreadable',
    });
    await expect(open({ caFile: path.join(dir, 'san') })(there())).rejects.toThrow('holds no certificate');
  });

  it('follow a change of the settings with the next one', async () => {
    let network = configSchema.parse({ network: { proxy: 'none', caFile: ca() } }).network;
    const outbound = createNetwork({
      settings: () => network,
      environment: {},
      readSystem: async () => undefined,
      clock: systemClock,
    });
    opened.push(outbound);
    await expect(outbound.fetch(there())).rejects.toThrow('fetch failed');
    network = configSchema.parse({ network: { proxy: 'manual', proxyUrl, caFile: ca() } }).network;
    expect((await outbound.fetch(there())).status).toBe(200);
  });
});

it('a password in the address of a proxy is refused in the file', () => {
  const result = configSchema.safeParse({ network: { proxy: 'manual', proxyUrl: 'http://me:secret@proxy:3128' } });
  expect(result.error?.issues[0]?.message).toMatch(/HTTPS_PROXY/);
});
