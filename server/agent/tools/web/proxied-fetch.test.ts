import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from '../../../contract/config.ts';
import { systemClock } from '../../../lib/clock.ts';
import { createNetwork, type Network } from '../../../network/network.ts';
import { openProxiedWorld, type ProxiedWorld } from '../../../network/proxied-world.test-support.ts';
import { fetchPage, type PageFetcher } from './fetch-page.ts';
import type { HostAddress } from './resolve-host.ts';
import { createTransport } from './transport.ts';

let world: ProxiedWorld;
let network: Network;
let names: Record<string, string[]>;

beforeAll(async () => {
  world = await openProxiedWorld((request, response) => {
    if (request.url === '/inside') response.writeHead(302, { location: 'http://169.254.169.254/' });
    response.end(`page of ${request.headers.host}`);
  });
});
beforeEach(() => {
  world.asked.length = 0;
  world.refuse.clear();
  names = { 'upstream.test': ['93.184.216.34'] };
  network = open({ proxy: 'manual', proxyUrl: world.proxyUrl, caFile: world.caFile, noProxy: ['direct.test'] });
});
afterEach(() => network.close());
afterAll(() => world.close());

function open(settings: Record<string, unknown>): Network {
  const parsed = configSchema.parse({ network: settings }).network;
  return createNetwork({
    ...{ settings: () => parsed, environment: {}, readSystem: async () => undefined, clock: systemClock },
  });
}

async function lookUp(name: string): Promise<HostAddress[]> {
  const found = names[name];
  if (!found) throw new Error('ENOTFOUND');
  return found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
}

async function read(url: string, web: Record<string, unknown> = {}): Promise<string> {
  const { routeTo } = network;
  const fetcher: PageFetcher = {
    ...{ resolve: lookUp, transport: createTransport({ routeTo }), routeTo, clock: systemClock, userAgent: 'test' },
  };
  const page = await fetchPage(url, configSchema.parse({ web }).web, fetcher, new AbortController().signal);
  return Buffer.from(page.bytes).toString();
}

describe('a page that is fetched through a proxy', () => {
  it('comes from the address that was looked up and checked here, under its own name', async () => {
    expect(await read('https://upstream.test/')).toBe('page of upstream.test');
    expect(await read('http://upstream.test/')).toBe('page of upstream.test');
    expect(world.asked).toEqual(['93.184.216.34:443', '93.184.216.34:80']);
  });

  it.each([
    ['https://upstream.test/', '10.0.0.7'],
    ['https://upstream.test/', '127.0.0.1'],
    ['http://upstream.test/', '169.254.169.254'],
    ['http://upstream.test/', '::ffff:10.0.0.1'],
    ['https://upstream.test/', 'fd00::1'],
  ])('is refused when %s leads to %s, and the proxy hears nothing of it', async (url, address) => {
    names['upstream.test'] = [address];
    await expect(read(url)).rejects.toMatchObject({ code: 'address_refused' });
    expect(world.asked).toEqual([]);
  });

  it.each([
    'http://127.0.0.1/',
    'http://169.254.169.254/latest',
    'https://[fd00::1]/',
    'http://metadata.google.internal/',
  ])('is refused at %s', async (url) => {
    await expect(read(url)).rejects.toMatchObject({ code: 'address_refused' });
    expect(world.asked).toEqual([]);
  });

  it('does not follow a redirect inside', async () => {
    await expect(read('https://upstream.test/inside')).rejects.toThrow();
    expect(world.asked).toEqual(['93.184.216.34:443']);
  });

  it('needs a name that can be looked up here, unless a person listed it', async () => {
    const url = 'https://only-proxy.test/';
    await expect(read(url)).rejects.toThrow(/web\.allowHosts/);
    expect(world.asked).toEqual([]);
    world.refuse.set('only-proxy.test:443', 403);
    await expect(read(url, { allowHosts: ['only-proxy.test'] })).rejects.toMatchObject({ code: 'proxy_refused' });
    expect(world.asked).toEqual(['only-proxy.test:443']);
  });

  it('is tried at the next address when the proxy does not reach the first one', async () => {
    names['upstream.test'] = ['2606:2800:220:1::1', '93.184.216.34'];
    expect(await read('https://upstream.test/')).toBe('page of upstream.test');
    expect(world.asked).toEqual(['93.184.216.34:443']);
    world.refuse.set('93.184.216.34:443', 502);
    expect(await read('https://upstream.test/')).toBe('page of upstream.test');
    expect(world.asked.at(-1)).toBe('[2606:2800:220:1::1]:443');
  });

  it('has to show a certificate of its name that is trusted', async () => {
    names['elsewhere.test'] = ['93.184.216.34'];
    await expect(read('https://elsewhere.test/')).rejects.toMatchObject({ code: 'tls_failed' });
    await network.close();
    network = open({ proxy: 'manual', proxyUrl: world.proxyUrl });
    await expect(read('https://upstream.test/')).rejects.toMatchObject({ code: 'tls_failed' });
  });

  it('comes directly from this machine, where that is allowed', async () => {
    const local = { allowPrivate: true, allowPorts: [world.plainPort] };
    expect(await read(`http://127.0.0.1:${world.plainPort}/`, local)).toBe(`page of 127.0.0.1:${world.plainPort}`);
    expect(world.asked).toEqual([]);
  });
});
