import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EnvironmentProxies } from '../config/env.ts';
import { configSchema } from '../contract/config.ts';
import { systemClock } from '../lib/clock.ts';
import { createNetwork, type Network } from './network.ts';
import { openProxiedWorld, type ProxiedWorld } from './proxied-world.test-support.ts';
import type { SystemProxy } from './proxy-rules.ts';

let world: ProxiedWorld;
const opened: Network[] = [];

beforeAll(async () => {
  world = await openProxiedWorld((request, response) => response.end(`hello ${request.headers.host}`));
});
beforeEach(() => {
  world.asked.length = 0;
  world.refuse.clear();
  world.signIn = undefined;
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});
afterAll(() => world.close());

interface Given {
  environment?: EnvironmentProxies;
  system?: SystemProxy;
  resolveProxy?: (url: string) => Promise<string>;
}

function open(network: Record<string, unknown>, { environment = {}, system, resolveProxy }: Given = {}): Network {
  const { network: settings } = configSchema.parse({ network: { caFile: world.caFile, ...network } });
  const readSystem = async () => system;
  const made = createNetwork({ settings: () => settings, environment, readSystem, resolveProxy, clock: systemClock });
  opened.push(made);
  return made;
}

const there = 'https://upstream.test/';
const hostOf = (url: string) => url.replace('http://', '');
const systemAt = (change: Partial<SystemProxy> = {}): SystemProxy => ({
  ...{ from: 'gnome', http: world.proxyUrl, https: world.proxyUrl, bypass: [], isScripted: false, isSocks: false },
  ...change,
});

describe('the proxy in force', () => {
  it('is that of the system when the environment names none', async () => {
    const network = open({}, { system: systemAt() });
    expect(await (await network.fetch(there)).text()).toBe('hello upstream.test');
    expect(world.asked).toEqual(['upstream.test:443']);
    expect(await network.status()).toMatchObject({ source: 'gnome', https: world.proxyUrl, authorities: 1 });
  });

  it('is that of the environment where there is one, with its exceptions', async () => {
    const environment = { https: hostOf(world.proxyUrl), no: 'direct.test, other.test' };
    const network = open({}, { environment, system: systemAt({ https: 'http://127.0.0.1:1' }) });
    expect((await network.fetch(there)).status).toBe(200);
    expect(await network.routeTo(new URL('https://x.direct.test/'))).toMatchObject({
      proxy: undefined,
      isException: true,
    });
    expect(await network.status()).toMatchObject({ source: 'environment', bypass: ['direct.test', 'other.test'] });
  });

  it('is what the desktop says for each host, which is told no paths', async () => {
    const told: string[] = [];
    const resolveProxy = async (url: string) => {
      told.push(url);
      return url.includes('inside.test') ? 'DIRECT' : `PROXY ${hostOf(world.proxyUrl)}; DIRECT`;
    };
    const network = open({}, { resolveProxy, system: systemAt({ https: 'http://127.0.0.1:1' }) });
    expect((await network.fetch(`${there}a/secret?key=1`)).status).toBe(200);
    expect(await network.routeTo(new URL('https://inside.test/'))).toMatchObject({
      proxy: undefined,
      source: 'desktop',
    });
    expect(told).toEqual(['https://upstream.test/', 'https://inside.test/']);
  });

  it('is none for this machine, whoever names it', async () => {
    for (const network of [
      open({ proxy: 'manual', proxyUrl: world.proxyUrl }),
      open({}, { environment: { http: world.proxyUrl, https: world.proxyUrl } }),
      open({}, { resolveProxy: async () => `PROXY ${hostOf(world.proxyUrl)}` }),
      open({}, { system: systemAt() }),
    ]) {
      expect((await network.fetch(`http://127.0.0.1:${world.plainPort}/`)).status).toBe(200);
      expect((await network.fetch(`https://localhost:${world.upstreamPort}/`)).status).toBe(200);
    }
    expect(world.asked).toEqual([]);
  });

  it('is none where the settings say so', async () => {
    const network = open({ proxy: 'none' }, { environment: { https: world.proxyUrl }, system: systemAt() });
    expect(await network.routeTo(new URL(there))).toMatchObject({ proxy: undefined, source: 'none' });
  });

  it('can be spoken to with TLS, and be signed in to', async () => {
    world.signIn = 'me:50% off';
    const environment = { https: world.tlsProxyUrl.replace('https://', 'https://me:50%25%20off@') };
    const network = open({}, { environment });
    expect((await network.fetch(there)).status).toBe(200);
    expect((await network.status()).https).toBe(world.tlsProxyUrl);
    expect(JSON.stringify(await network.try(new URL(there)))).not.toContain('off');
  });
});

describe('what cannot work is said', () => {
  it('a system that knows SOCKS only, or does not answer', async () => {
    const socks = open({}, { system: systemAt({ http: undefined, https: undefined, isSocks: true } as never) });
    await expect(socks.fetch(there)).rejects.toMatchObject({ code: 'network_proxy_socks' });
    expect((await socks.status()).problem?.code).toBe('network_proxy_socks');
    const silent = open({}, { resolveProxy: () => Promise.reject(new Error('gone')) });
    await expect(silent.fetch(there)).rejects.toMatchObject({ code: 'network_proxy_unknown' });
  });

  it('an environment that names no HTTP proxy', async () => {
    const network = open({}, { environment: { https: 'socks5://proxy.test:1080' } });
    await expect(network.fetch(there)).rejects.toMatchObject({ code: 'network_proxy_invalid' });
  });

  it('a script that only the desktop program can run', async () => {
    const system: SystemProxy = { from: 'macos', bypass: [], isScripted: true, isSocks: false };
    expect(await open({}, { system }).status()).toMatchObject({ source: 'macos', isScriptIgnored: true });
  });

  it.each([
    [403, 'proxy_refused'],
    [407, 'proxy_sign_in'],
    [502, 'proxy_refused'],
  ])('a proxy that answers %i', async (status, code) => {
    world.refuse.set('upstream.test:443', status);
    const network = open({ proxy: 'manual', proxyUrl: world.proxyUrl });
    await expect(network.fetch(there)).rejects.toMatchObject({ cause: { code } });
    expect(await network.try(new URL(there))).toMatchObject({
      ...{ host: 'upstream.test', source: 'settings', proxy: world.proxyUrl, problem: { code } },
    });
  });

  it('a proxy that is not there, and an address that is none', async () => {
    const network = open({ proxy: 'manual', proxyUrl: 'http://127.0.0.1:1' });
    await expect(network.fetch(there)).rejects.toMatchObject({ cause: { code: 'proxy_unreachable' } });
    expect((await open({ proxy: 'none' }).try(new URL('https://127.0.0.1:1/'))).problem?.code).toBe('host_unreachable');
  });

  it('a certificate that nobody knows', async () => {
    const network = open({ proxy: 'manual', proxyUrl: world.proxyUrl, caFile: undefined });
    expect(await network.try(new URL(there))).toMatchObject({ problem: { code: 'tls_failed' } });
    await expect(network.fetch(there)).rejects.toThrow('fetch failed');
  });

  it('settings without the address of their proxy', async () => {
    const network = open({ proxy: 'manual' });
    expect(await network.status()).toMatchObject({ source: 'settings', problem: { code: 'network_proxy_missing' } });
    expect((await network.try(new URL(there))).problem?.code).toBe('network_proxy_missing');
  });
});

it('a request that works tells the way it went', async () => {
  const network = open({ proxy: 'manual', proxyUrl: world.proxyUrl });
  expect(await network.try(new URL(there))).toMatchObject({ status: 200, proxy: world.proxyUrl, isException: false });
});

it('one look at the system serves everyone who asks at once', async () => {
  let looks = 0;
  const { network: settings } = configSchema.parse({});
  const readSystem = async () => {
    looks += 1;
    return undefined;
  };
  const network = createNetwork({ settings: () => settings, environment: {}, readSystem, clock: systemClock });
  await Promise.all(Array.from({ length: 20 }, () => network.routeTo(new URL(there))));
  expect(looks).toBe(1);
});
