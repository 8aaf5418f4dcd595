import { execFile, spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeNginxImage, makeNodeImage, makePostgresImage } from './deploy-images.ts';
import { commandsOf } from './doc-commands.ts';
import { findPostgresBin } from './postgres-tests.ts';

/**
 * What docs/deploy.md says, done: its commands run as they stand there, in bash, on this machine's engine. Around them
 * are, for want of a registry and a package mirror: base images made here, build arguments that name them, Compose v1
 * for Compose v2, and a scripted model.
 */
const exec = promisify(execFile);
const root = join(import.meta.dirname, '..');
const id = `agentrail-deploy-${process.pid}`;
const images = {
  node: `${id}:node`,
  postgres: `${id}:postgres`,
  nginx: `${id}:nginx`,
  server: 'agentrail-console:0.1.0',
};
const canary = 'sk-canary-0123456789abcdefghij';

let work: string;
let env: NodeJS.ProcessEnv;
let hadServerImage: boolean;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'agentrail-deploy-'));
  hadServerImage = await succeeds('docker', ['image', 'inspect', images.server]);
  await Promise.all([makeNodeImage(images.node), makeShims(), makeSettings()]);
  env = {
    ...{ PATH: `${join(work, 'bin')}:${process.env.PATH}`, HOME: work, AGENTRAIL_DATA_DIR: join(work, 'console') },
    ...{ ANTHROPIC_API_KEY: canary, DOCKER_BUILDKIT: '0', AGENTRAIL_DIR: join(work, 'data') },
  };
  await bash(await commands('image'), root);
}, 120_000);

afterAll(async () => {
  for (const tag of Object.values(images))
    if (tag !== images.server || !hadServerImage) await succeeds('docker', ['image', 'rm', tag]);
  const { stdout } = await exec('docker', ['images', '--quiet', '--filter', `label=run.agentrail.build=${id}`]);
  for (const stage of stdout.split('\n').filter(Boolean)) await succeeds('docker', ['image', 'rm', stage]);
  await rm(work, { recursive: true, force: true });
}, 60_000);

/** They wait for health checks, which come every ten seconds. */
const timeout = 240_000;

describe('one server with Docker Compose', { timeout }, () => {
  const project = composeProject('single');
  afterAll(() => project.close(), timeout);

  it('comes up from the page’s commands, answers through the model, and keeps its sessions when it is made anew', async () => {
    await project.open();
    await project.bash(await commands('single'));
    const folder = project.folder('agentrail');
    await project.addModel(folder);
    await project.healthy('agentrail');
    const said = await project.bash(await commands('ask'), folder);
    expect(said).toContain('"status":"ok"');
    expect(said).toContain('You said: Hello');
    const [, sessionId] = /"sessionId":"([^"]+)"/.exec(said) ?? [];

    await project.bash(await commands('again'), folder);
    await project.answering();
    await project.compose(folder, 'down');
    await project.compose(folder, 'up', '-d');
    await project.answering();
    expect(JSON.stringify(await project.get(folder, `/api/sessions/${sessionId}/messages`))).toContain(
      'You said: Hello',
    );
  });

  it('runs as nobody special on a read-only root, and wants a token', async () => {
    const facts = await project.inspect('agentrail');
    expect(facts.Config.User).toBe('10001:10001');
    expect(facts.HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      Privileged: false,
      PidsLimit: 512,
    });
    expect(facts.HostConfig.SecurityOpt).toContain('no-new-privileges:true');
    const inside = (command: string) => exec('docker', ['exec', facts.Id, 'sh', '-c', command]);
    expect((await inside('id -u; cat /proc/1/comm; grep CapEff /proc/1/status')).stdout).toMatch(
      /^10001\ntini\nCapEff:\t0+\n$/,
    );
    await expect(inside('touch /opt/agentrail/x')).rejects.toThrow('Read-only file system');
    const answer = await fetch(`http://127.0.0.1:${project.port}/api/sessions`);
    expect(answer.status).toBe(401);
  });

  it('gives agents sandboxes through the socket, whose workspaces lie beside the data', async () => {
    const folder = project.folder('agentrail');
    const answer = await project.post(folder, '/api/chat', { message: 'write hello.py and run it' });
    expect(JSON.stringify(answer)).toContain('Hello from the sandbox!');
    const files = await readdir(join(work, 'data/agentrail/sandboxes'), { recursive: true });
    expect(files.some((name) => name.endsWith('hello.py'))).toBe(true);
  });

  it('ends in order on a stop, and leaves no sandbox behind', async () => {
    const { Id } = await project.inspect('agentrail');
    const instance = JSON.parse(await readFile(join(work, 'data/agentrail/lock'), 'utf8')) as { instanceId: string };
    await exec('docker', ['stop', '--time', '40', Id]);
    const { State } = await inspect(Id);
    expect(State).toMatchObject({ ExitCode: 0, OOMKilled: false });
    const { stdout, stderr } = await exec('docker', ['logs', Id]);
    expect(stdout + stderr).toContain('Stopped.');
    expect(await containersWith(`run.agentrail.instance=${instance.instanceId}`)).toEqual([]);
    await project.close();
    expect(await containersWith(`com.docker.compose.project=${project.name}`)).toEqual([]);
  });
});

describe('two servers with Postgres', { timeout }, () => {
  const project = composeProject('several');
  afterAll(() => project.close(), timeout);

  it('share their sessions behind a balancer that does not hold streams back', async () => {
    const bin = findPostgresBin();
    await Promise.all([makePostgresImage(images.postgres, bin), makeNginxImage(images.nginx)]);
    await project.open();
    await project.bash(await commands('several'));
    const folder = project.folder('several');
    await project.addModel(folder);
    for (const name of ['postgres', 'agentrail-1', 'agentrail-2']) await project.healthy(name);
    await project.answering();

    const stream = await project.ask(folder, '/api/stream', { message: 'Hello', sessionId: 'shared' });
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    expect(await stream.text()).toContain('You said: Hello');
    for (const name of ['agentrail-1', 'agentrail-2']) {
      const token = await project.token(folder);
      const script = `fetch('http://127.0.0.1:3000/api/sessions/shared/messages',{headers:{authorization:'Bearer ${token}'}}).then(async (r) => console.log(r.status, await r.text()))`;
      const { Id } = await project.inspect(name);
      const { stdout } = await exec('docker', ['exec', Id, 'node', '-e', script]);
      expect(stdout).toMatch(/^200 .*You said/s);
    }
    await project.close();
    expect(await containersWith(`com.docker.compose.project=${project.name}`)).toEqual([]);
  });
});

describe('files for elsewhere', () => {
  it('are written by the page’s commands, with no key in them, and systemd understands its unit', async () => {
    const folder = join(work, 'elsewhere');
    await mkdir(folder);
    await bash(await commands('systemd'), folder);
    await bash(await commands('kubernetes'), folder);
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((each) => each.isFile());
    expect(files.length).toBeGreaterThan(5);
    for (const { parentPath, name } of files)
      expect(await readFile(join(parentPath, name), 'utf8')).not.toContain(canary);
    const { stderr } = await exec('systemd-analyze', ['verify', join(folder, 'service/agentrail.service')]);
    expect(stderr).not.toContain('agentrail.service');
    const { stdout } = await exec('systemd-analyze', [
      'security',
      '--offline=yes',
      '--no-pager',
      join(folder, 'service/agentrail.service'),
    ]);
    expect(Number(/exposure level for .*: ([\d.]+)/.exec(stdout)?.[1])).toBeLessThan(2.5);
  });

  it('has lines for nginx that nginx takes', async () => {
    const folder = join(work, 'elsewhere/nginx');
    await mkdir(folder, { recursive: true });
    await exec(
      'openssl',
      'req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=test -keyout key.pem -out cert.pem'.split(' '),
      { cwd: folder },
    );
    const lines = await readFile(join(work, 'elsewhere/service/proxy/nginx.conf'), 'utf8');
    const local = lines
      .replace(/\/etc\/letsencrypt\/\S+\/fullchain.pem/, join(folder, 'cert.pem'))
      .replace(/\/etc\/letsencrypt\/\S+\/privkey.pem/, join(folder, 'key.pem'));
    await writeFile(join(folder, 'nginx.conf'), `pid ${folder}/pid;\nevents {}\nhttp {\n${local}}\n`);
    const { stderr } = await exec('/usr/sbin/nginx', ['-t', '-c', join(folder, 'nginx.conf')]);
    expect(stderr).toContain('test is successful');
  });
});

const commands = (name: string): Promise<string> => commandsOf('docs/deploy.md', name);

async function bash(script: string, cwd: string, more: NodeJS.ProcessEnv = {}): Promise<string> {
  try {
    const { stdout } = await exec('bash', ['--norc', '-euo', 'pipefail', '-c', script], {
      cwd,
      env: { ...env, ...more },
      maxBuffer: 50_000_000,
    });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`These commands failed:\n${script}\n${stdout.slice(-3000)}\n${stderr.slice(-3000)}`, {
      cause: error,
    });
  }
}

/** What people have in their PATH. */
async function makeShims(): Promise<void> {
  const { stdout } = await exec('which', ['docker']);
  const base = `--build-arg BASE=${images.node} --build-arg DIST=context --build-arg PACKAGES= --build-arg BUILD=${id}`;
  const shims = {
    agentrail: `exec ${process.execPath} ${join(root, 'dist/main/agentrail.js')} "$@"`,
    sudo: 'exec "$@"',
    docker: `case "$1" in
  compose) shift; exec docker-compose "$@" ;;
  build) shift; exec ${stdout.trim()} build ${base} "$@" ;;
  *) exec ${stdout.trim()} "$@" ;;
esac`,
  };
  await mkdir(join(work, 'bin'));
  for (const [name, script] of Object.entries(shims)) {
    await writeFile(join(work, 'bin', name), `#!/bin/bash\n${script}\n`);
    await chmod(join(work, 'bin', name), 0o755);
  }
}

/** The console whose settings are exported: it talks to the scripted model, and its agents need not ask. */
async function makeSettings(): Promise<void> {
  await mkdir(join(work, 'console'), { recursive: true });
  const settings = {
    llm: { provider: 'anthropic', modelId: 'mock-model', baseUrl: 'http://upstream:4000/v1' },
    permissions: { mode: 'bypassPermissions' },
  };
  await writeFile(join(work, 'console/agentrail.yaml'), JSON.stringify({ version: 1, ...settings }));
}

/** The scripted model as one more service, beside the exported ones. */
const upstream = {
  image: images.node,
  command: ['node', '/mock/e2e/mock-upstream/main.ts', '--host', '0.0.0.0', '--port', '4000', '--key', canary],
  init: true,
};

function composeProject(title: string) {
  const name = `${id}-${title}`;
  let port = 0;
  let place = '';
  let surroundings: NodeJS.ProcessEnv = {};
  const folders: string[] = [];

  const compose = async (folder: string, ...args: string[]) =>
    bash(`docker compose ${args.join(' ')}`, folder, surroundings);
  const containerOf = async (service: string) => {
    const [found = ''] = await containersWith(
      `com.docker.compose.project=${name}`,
      `com.docker.compose.service=${service}`,
    );
    return found;
  };
  const token = async (folder: string) =>
    /^UI_SECRET_TOKEN=(.+)$/m.exec(await readFile(join(folder, '.env'), 'utf8'))?.[1] ?? '';
  const ask = async (folder: string, path: string, body?: object) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { authorization: `Bearer ${await token(folder)}`, 'content-type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });

  return {
    name,
    get port() {
      return port;
    },
    folder: (folder: string) => join(place, folder),
    compose,
    token,
    ask,
    async open() {
      place = join(work, title);
      await mkdir(place);
      port = await freePort();
      surroundings = {
        ...{ COMPOSE_PROJECT_NAME: name, AGENTRAIL_PORT: String(port) },
        ...{ POSTGRES_IMAGE: images.postgres, NGINX_IMAGE: images.nginx },
      };
    },
    bash: (script: string, folder = place) => bash(script, folder, surroundings),
    /** Read by every later call of Compose in this folder, as people add what is their own. */
    async addModel(folder: string) {
      folders.push(folder);
      const mock = join(folder, 'mock');
      for (const path of ['e2e/mock-upstream', 'server/agent/testing', 'package.json'])
        await cp(join(root, path), join(mock, path), { recursive: true });
      const more = { services: { upstream: { ...upstream, volumes: ['./mock:/mock:ro'] } } };
      await writeFile(join(folder, 'docker-compose.override.yml'), JSON.stringify(more));
      await compose(folder, 'up', '-d');
    },
    inspect: async (service: string) => inspect(await containerOf(service)),
    async healthy(service: string) {
      const state = async () => (await inspect(await containerOf(service))).State.Health?.Status;
      await expect.poll(state, { timeout: 60_000, interval: 250 }).toBe('healthy');
    },
    async answering() {
      const isOk = () =>
        fetch(`http://127.0.0.1:${port}/health`).then(
          ({ ok }) => ok,
          () => false,
        );
      await expect.poll(isOk, { timeout: 60_000, interval: 250 }).toBe(true);
    },
    get: async (folder: string, path: string) => (await ask(folder, path)).json() as Promise<unknown>,
    post: async (folder: string, path: string, body: object) =>
      (await ask(folder, path, body)).json() as Promise<unknown>,
    async close() {
      for (const folder of folders.splice(0)) await compose(folder, 'down', '-v', '--timeout', '40');
    },
  };
}

interface ContainerFacts {
  Id: string;
  Config: { User: string };
  HostConfig: Record<string, unknown> & { SecurityOpt: string[] };
  State: { ExitCode: number; OOMKilled: boolean; Health?: { Status: string } };
}

async function inspect(container: string): Promise<ContainerFacts> {
  const { stdout } = await exec('docker', ['inspect', container]);
  const [facts] = JSON.parse(stdout) as ContainerFacts[];
  if (!facts) throw new Error(`There is no container ${container}.`);
  return facts;
}

async function containersWith(...labels: string[]): Promise<string[]> {
  const filters = labels.flatMap((label) => ['--filter', `label=${label}`]);
  const { stdout } = await exec('docker', ['ps', '--all', '--quiet', ...filters]);
  return stdout.split('\n').filter((line) => line !== '');
}

function succeeds(program: string, args: string[]): Promise<boolean> {
  return new Promise((resolve) => {
    spawn(program, args, { stdio: 'ignore' })
      .once('error', () => resolve(false))
      .once('exit', (code) => resolve(code === 0));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
