import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates } from '../fixtures/certificates.ts';
import { type RealDaemon, startRealDaemon } from '../fixtures/real-daemon.ts';
import { freePort } from '../fixtures/real-sshd.ts';
import { openRealSandboxes, type RealSandboxes } from '../real-sandboxes.ts';
import { discoverEngine } from './discovery.ts';
import type { EngineEnv } from './places.ts';

const owner = { tenantId: 'acme', sessionId: 'ses_tls' };
let folder: string;
let daemon: RealDaemon;
let dockerHost: string;
let real: RealSandboxes | undefined;
const at = (name: string) => join(folder, name);

/** dockerd itself, told to trust one authority, with a second name for its runtime. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-'));
  await makeCertificates(folder, 'IP:127.0.0.1');
  const port = await freePort();
  dockerHost = `tcp://127.0.0.1:${port}`;
  const server = ['cacert=ca', 'cert=cert', 'key=key'].map((pair) => {
    const [flag, file] = pair.split('=');
    return `--tls${flag}=${at(`server/${file}.pem`)}`;
  });
  const runtimes = ['--add-runtime', 'runsc=runc', '--add-runtime', 'broken=/nonexistent/runtime'];
  daemon = await startRealDaemon(['--host', dockerHost, '--tlsverify', ...server, ...runtimes]);
});
afterEach(async () => {
  await real?.close();
  real = undefined;
});
afterAll(async () => {
  await daemon?.close();
  await rm(folder, { recursive: true, force: true });
});

const discover = (change: { host?: string; dockerCertPath?: string; env?: EngineEnv }) =>
  discoverEngine({
    dockerHost: change.host ?? (change.env ? undefined : dockerHost),
    dockerCertPath: change.dockerCertPath,
    env: change.env ?? {},
    platform: 'linux',
    uid: undefined,
    now: 1,
  });

interface Refused {
  dockerCertPath?: string;
  env?: { isTlsVerified: boolean; DOCKER_CERT_PATH: string };
  host?: string;
}

describe('an engine by TLS', () => {
  it('is found with a certificate that it trusts, by setting, environment or context', async () => {
    expect((await discover({ dockerCertPath: at('client') })).status).toMatchObject({ state: 'connected' });
    const env = { DOCKER_HOST: dockerHost, isTlsVerified: true, DOCKER_CERT_PATH: at('client') };
    expect((await discover({ env })).status).toMatchObject({ state: 'connected' });

    const id = createHash('sha256').update('far').digest('hex');
    await mkdir(at(`docker/contexts/meta/${id}`), { recursive: true });
    await writeFile(
      at(`docker/contexts/meta/${id}/meta.json`),
      JSON.stringify({ Name: 'far', Endpoints: { docker: { Host: dockerHost, SkipTLSVerify: false } } }),
    );
    await cp(at('client'), at(`docker/contexts/tls/${id}/docker`), { recursive: true });
    const byContext = await discover({ env: { DOCKER_CONTEXT: 'far', DOCKER_CONFIG: at('docker') } });
    expect(byContext.status).toMatchObject({ state: 'connected', tries: [{ origin: 'Docker context far' }] });
    expect(byContext.engine?.traits.workspaces).toBe('volume');
  });

  it.each([
    ['a certificate of another authority', { dockerCertPath: 'stranger' }],
    ['no certificate', { env: { isTlsVerified: true, DOCKER_CERT_PATH: 'only-ca' } }],
    ['a server of another name', { dockerCertPath: 'client', host: 'localhost' }],
    ['a server of an authority that we do not trust', { dockerCertPath: 'distrusting' }],
  ])('is refused with %s', async (_, { dockerCertPath, env, host }: Refused) => {
    await mkdir(at('only-ca'), { recursive: true });
    await cp(at('ca/cert.pem'), at('only-ca/ca.pem'));
    await cp(at('client'), at('distrusting'), { recursive: true });
    await cp(at('other-ca/cert.pem'), at('distrusting/ca.pem'));
    const { status, engine } = await discover({
      ...(host && { host: dockerHost.replace('127.0.0.1', host) }),
      ...(dockerCertPath && { dockerCertPath: at(dockerCertPath) }),
      ...(env && { env: { ...env, DOCKER_HOST: dockerHost, DOCKER_CERT_PATH: at(env.DOCKER_CERT_PATH) } }),
    });
    expect([status.code, engine]).toEqual(['docker_tls_failed', undefined]);
  });

  it('is told from one that speaks no TLS, either way round', async () => {
    expect((await discover({})).status.code).toBe('docker_tls_failed');
    const plain = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
    await new Promise((resolve) => plain.once('listening', resolve));
    const address = plain.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const { status } = await discover({ host: `tcp://127.0.0.1:${port}`, dockerCertPath: at('client') });
    plain.close();
    expect(status.code).toBe('docker_tls_failed');
  });
});

describe('a sandbox by TLS', () => {
  it('has the files of the folder, runs, and brings its files back', async () => {
    real = await openRealSandboxes({ dockerHost, dockerCertPath: at('client') }, { lookAt: daemon.address });
    const folderHere = join(real.dataDir, 'sandboxes/acme/ses_tls');
    await mkdir(folderHere, { recursive: true });
    await writeFile(join(folderHere, 'given'), 'given');
    const sandbox = await real.manager.acquire(owner);
    const { exitCode, stdout } = await sandbox.exec({ command: { shell: 'cat given && echo made > made && id -u' } });
    expect([exitCode, Buffer.from(stdout).toString()]).toEqual([0, 'given1000\n']);
    await real.manager.destroy(sandbox.info.id);
    expect(await readFile(join(folderHere, 'made'), 'utf8')).toBe('made\n');
    expect(await real.containers()).toEqual([]);
    expect(await real.engine.listVolumes('run.agentrail.managed=1')).toEqual([]);
  });
});

describe('another runtime', () => {
  it('is used when the engine has it', async () => {
    real = await openRealSandboxes({ dockerHost: daemon.address, runtime: 'runsc' });
    const sandbox = await real.manager.acquire(owner);
    expect((await sandbox.exec({ command: ['true'] })).exitCode).toBe(0);
    const facts = await daemon.docker.getContainer(sandbox.info.id).inspect();
    expect(facts.HostConfig.Runtime).toBe('runsc');
  });

  it('is refused with what there is when the engine does not name it, or cannot run it', async () => {
    real = await openRealSandboxes({ dockerHost: daemon.address, runtime: 'kata' });
    await expect(real.manager.acquire(owner)).rejects.toMatchObject({
      code: 'runtime_missing',
      details: { engineSaid: expect.stringContaining('runsc') },
    });
    real.config.runtime = 'broken';
    await expect(real.manager.acquire(owner)).rejects.toMatchObject({ code: 'runtime_missing' });
    expect(await real.containers()).toEqual([]);
  });
});
