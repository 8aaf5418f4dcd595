import { createHash } from 'node:crypto';
import { link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DiscoveryOptions, discoverEngine } from './discovery.ts';
import { listCandidates } from './places.ts';

let home: string;
const servers: Server[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'discovery-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await rm(home, { recursive: true, force: true });
});

function options(change: Partial<DiscoveryOptions>): DiscoveryOptions {
  return { dockerHost: undefined, env: { HOME: home }, platform: 'linux', uid: 1234, now: 7, ...change };
}

/** Listens on a socket below the home; answers every request with the body. */
async function listen(name: string, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  const path = join(home, name);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return `unix://${path}`;
}

async function writeContext(name: string, docker: object): Promise<string> {
  const id = createHash('sha256').update(name).digest('hex');
  const folder = join(home, '.docker/contexts/meta', id);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker } }));
  return id;
}

const version = (change: object = {}) =>
  JSON.stringify({ Version: '27.0', ApiVersion: '1.46', Os: 'linux', Arch: 'arm64', ...change });
const anEngine: RequestListener = (_request, response) => response.end(version());

describe('looking for an engine', () => {
  it('finds the configured one and says what it is', async () => {
    const address = await listen('engine.sock', anEngine);
    const { status, engine } = await discoverEngine(
      options({ dockerHost: address, env: { DOCKER_HOST: 'tcp://127.0.0.1:1' } }),
    );
    expect(status).toMatchObject({
      state: 'connected',
      endpoint: address,
      version: '27.0',
      apiVersion: '1.46',
      os: 'linux/arm64',
      checkedAt: 7,
    });
    expect(status.problem).toBeUndefined();
    expect(engine).toMatchObject({
      endpoint: { kind: 'socket', path: join(home, 'engine.sock') },
      traits: { apiVersion: 'v1.46', product: 'docker', workspaces: 'bind' },
    });
  });

  it('does not turn to another one when a person chose this', async () => {
    const { status } = await discoverEngine(options({ dockerHost: `unix://${home}/none.sock` }));
    expect(status.tries).toMatchObject([{ origin: 'configuration', state: 'not_found' }]);
    expect(status.problem).toContain('sandbox.dockerHost');
  });

  it('tells a socket that nobody listens on from one that is missing', async () => {
    const path = join(home, 'dead.sock');
    const server = createSocketServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    // Closing takes the file away; a dead engine leaves it.
    await link(path, join(home, 'left.sock'));
    await new Promise((resolve) => server.close(resolve));
    const { status, engine } = await discoverEngine(options({ dockerHost: `unix://${home}/left.sock` }));
    expect(status).toMatchObject({ state: 'not_running', fixCommand: 'sudo systemctl start docker' });
    expect(engine).toBeUndefined();
  });

  it('tells what is no engine, what is too old, and what never answers', async () => {
    const page = await listen('page.sock', (_request, response) => response.end('<html>'));
    const missing = await listen('404.sock', (_request, response) => response.writeHead(404).end('nothing here'));
    const old = await listen('old.sock', (_request, response) => response.end(version({ ApiVersion: '1.30' })));
    const silent = await listen('silent.sock', () => undefined);
    const stateOf = async (dockerHost: string) => (await discoverEngine(options({ dockerHost }))).status.state;
    expect(await stateOf(page)).toBe('endpoint_wrong');
    expect(await stateOf(missing)).toBe('endpoint_wrong');
    expect(await stateOf(old)).toBe('api_too_old');
    expect(await stateOf(silent)).toBe('not_running');
    expect(await stateOf('ssh://someone@somewhere')).toBe('endpoint_wrong');
    expect(await stateOf('what?')).toBe('endpoint_wrong');
  });

  it('does not show credentials of an address', async () => {
    const { status } = await discoverEngine(options({ dockerHost: 'ssh://me:secret@somewhere' }));
    expect(JSON.stringify(status)).not.toContain('secret');
  });
});

describe('what an engine is', () => {
  const answer =
    (answers: Record<string, object>): RequestListener =>
    (request, response) =>
      response.end(JSON.stringify({ ...JSON.parse(version()), ...answers[request.url ?? ''] }));

  it('is asked of it: Podman, mapped users, runtimes', async () => {
    const podman = await listen('podman.sock', answer({ '/version': { Components: [{ Name: 'Podman Engine' }] } }));
    expect((await discoverEngine(options({ dockerHost: podman }))).engine?.traits).toMatchObject({
      product: 'podman',
      workspaces: 'bind',
      engineId: podman,
    });
    const info = { SecurityOptions: ['name=seccomp', 'name=rootless'], Runtimes: { runc: {}, runsc: {} }, ID: 'abc' };
    const rootless = await listen('rootless.sock', answer({ '/info': info }));
    expect((await discoverEngine(options({ dockerHost: rootless }))).engine?.traits).toEqual({
      apiVersion: 'v1.46',
      product: 'docker',
      workspaces: 'volume',
      runtimes: ['runc', 'runsc'],
      engineId: 'abc',
    });
  });

  it('is refused when it no longer speaks an API that we know', async () => {
    const newer = await listen('new.sock', answer({ '/version': { ApiVersion: '9.9', MinAPIVersion: '9.0' } }));
    const { status } = await discoverEngine(options({ dockerHost: newer }));
    expect(status).toMatchObject({ state: 'endpoint_wrong', code: 'docker_api_too_new' });
    expect(status.tries[0]?.error).toBe('API version 9.0 to 9.9');
  });
});

describe('an address on another machine', () => {
  it('is refused over plain TCP, before anything is sent, unless that is allowed', async () => {
    const dockerHost = 'tcp://192.0.2.1:2375';
    const { status } = await discoverEngine(options({ dockerHost }));
    expect(status).toMatchObject({ code: 'docker_plain_tcp', problem: expect.stringContaining('allowPlainTcp') });
    const refused = createServer(anEngine);
    servers.push(refused);
    await new Promise<void>((resolve) => refused.listen(0, '127.0.0.1', resolve));
    const { port } = refused.address() as AddressInfo;
    const near = await discoverEngine(options({ dockerHost: `tcp://127.0.0.1:${port}` }));
    expect(near.engine?.traits.workspaces).toBe('volume');
  });

  it('with TLS needs its certificates', async () => {
    const { status } = await discoverEngine(options({ dockerHost: 'tcp://192.0.2.1:2376', dockerCertPath: home }));
    expect(status).toMatchObject({ code: 'docker_tls_files' });
    await writeFile(join(home, 'ca.pem'), 'x');
    await writeFile(join(home, 'cert.pem'), 'x');
    const half = await discoverEngine(options({ dockerHost: 'tcp://192.0.2.1:2376', dockerCertPath: home }));
    expect(half.status).toMatchObject({ code: 'docker_tls_files' });
  });

  it.each(['ssh://-oProxyCommand=x', 'ssh://-l@host', 'ssh://me:secret@host', 'ssh://host/a:b', 'ssh://h%20x'])(
    'by ssh cannot be %s',
    async (dockerHost) => {
      const tunnels = { open: () => Promise.reject(new Error('It was opened.')) };
      const { status } = await discoverEngine(options({ dockerHost, tunnels }));
      expect(status).toMatchObject({ state: 'endpoint_wrong', code: 'docker_endpoint_wrong' });
      expect(JSON.stringify(status)).not.toMatch(/secret|It was opened/);
    },
  );
});

describe('the places', () => {
  it('are DOCKER_HOST alone when it is set', async () => {
    expect(await listCandidates(options({ env: { HOME: home, DOCKER_HOST: 'tcp://127.0.0.1:2375' } }))).toEqual([
      { address: 'tcp://127.0.0.1:2375', origin: 'DOCKER_HOST' },
    ]);
  });

  it('begin with the current Docker context', async () => {
    const folder = join(home, '.docker/contexts/meta', createHash('sha256').update('colima').digest('hex'));
    await mkdir(folder, { recursive: true });
    await writeFile(join(home, '.docker/config.json'), JSON.stringify({ currentContext: 'colima' }));
    await writeFile(
      join(folder, 'meta.json'),
      JSON.stringify({ Endpoints: { docker: { Host: 'unix:///colima.sock' } } }),
    );
    expect((await listCandidates(options({})))[0]).toEqual({
      address: 'unix:///colima.sock',
      origin: 'Docker context colima',
    });
  });

  it.each(['{', '[]', '{"currentContext":5}'])('survive a broken context file: %s', async (text) => {
    await mkdir(join(home, '.docker'));
    await writeFile(join(home, '.docker/config.json'), text);
    expect((await listCandidates(options({})))[0]?.origin).toBe('usual place');
  });

  it('tell of a current context that is not there, and go on', async () => {
    await mkdir(join(home, '.docker'));
    await writeFile(join(home, '.docker/config.json'), '{"currentContext":"../../x"}');
    const address = await listen('engine.sock', anEngine);
    const dockerHost = (await listCandidates(options({})))[0];
    expect(dockerHost).toMatchObject({ origin: 'Docker context ../../x', problem: expect.stringContaining('ENOENT') });
    expect((await listCandidates(options({})))[1]?.origin).toBe('usual place');
    expect(address).toContain('unix://');
  });

  it('are the context of DOCKER_CONTEXT alone, with its certificates', async () => {
    const id = await writeContext('far', { Host: 'tcp://far:2376' });
    const tls = join(home, '.docker/contexts/tls', id, 'docker');
    await mkdir(tls, { recursive: true });
    await writeFile(join(tls, 'ca.pem'), 'ca');
    expect(await listCandidates(options({ env: { HOME: home, DOCKER_CONTEXT: 'far' } }))).toEqual([
      { address: 'tcp://far:2376', origin: 'Docker context far', tls: { folder: tls, isVerified: true } },
    ]);
  });

  it('end with other contexts that are sockets of this machine, and leave out those elsewhere', async () => {
    await writeContext('near', { Host: 'unix:///near.sock' });
    await writeContext('far', { Host: 'ssh://far' });
    const all = await listCandidates(options({}));
    expect(all.at(-1)).toEqual({ address: 'unix:///near.sock', origin: 'Docker context near' });
    expect(all.some(({ address }) => address.includes('far'))).toBe(false);
  });

  it('have every machine of Colima, the default one first', async () => {
    for (const name of ['work', 'default', '_lima']) await mkdir(join(home, '.colima', name), { recursive: true });
    const colima = (await listCandidates(options({}))).filter(({ origin }) => origin === 'Colima');
    expect(colima.map(({ address }) => address)).toEqual([
      `unix://${home}/.colima/default/docker.sock`,
      `unix://${home}/.colima/work/docker.sock`,
    ]);
  });

  it('are spoken to by TLS as the environment says, and only where they are TCP', async () => {
    const env = { HOME: home, isTlsVerified: true };
    const tcp = await listCandidates(
      options({ env: { ...env, DOCKER_HOST: 'tcp://a:1', DOCKER_CERT_PATH: '/certs' } }),
    );
    expect(tcp[0]?.tls).toEqual({ folder: '/certs', isVerified: true });
    const fallback = await listCandidates(options({ env: { ...env, DOCKER_HOST: 'tcp://a:1' } }));
    expect(fallback[0]?.tls?.folder).toBe(join(home, '.docker'));
    const socket = await listCandidates(options({ env: { ...env, DOCKER_HOST: 'unix:///x' } }));
    expect(socket[0]?.tls).toBeUndefined();
    const own = await listCandidates(options({ dockerHost: 'tcp://a:1', dockerCertPath: '/own' }));
    expect(own[0]?.tls?.folder).toBe('/own');
  });

  it('are the usual ones of Docker, its desktop kin and Podman, each once', async () => {
    const addresses = (
      await listCandidates(options({ env: { HOME: '/home/me', XDG_RUNTIME_DIR: '/run/user/7' } }))
    ).map(({ address }) => address);
    for (const part of [
      '/var/run/docker.sock',
      '/run/user/7/docker.sock',
      'desktop',
      'colima',
      'orbstack',
      '.rd',
      'podman',
    ]) {
      expect(addresses.some((address) => address.includes(part))).toBe(true);
    }
    expect(new Set(addresses).size).toBe(addresses.length);
    expect((await listCandidates(options({ platform: 'win32' })))[0]?.address).toBe('npipe:////./pipe/docker_engine');
  });
});
