import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { newId } from '../../lib/new-id.ts';
import { type RealDaemon, startRealDaemon } from '../fixtures/real-daemon.ts';
import { type RealRegistry, startRealRegistry } from '../fixtures/real-registry.ts';
import { writeLabels } from '../labels.ts';
import { readOwnIdentity } from '../process-identity.ts';
import { openRealSandboxes } from '../real-sandboxes.ts';

const compiled = process.env.NODE_COMPILE_CACHE ?? '';

/** A daemon of its own: the command cleans up everything of ours that an engine has, whoever left it. */
let daemon: RealDaemon;
let registry: RealRegistry;
let dataDir: string;

beforeAll(async () => {
  [daemon, registry] = await Promise.all([startRealDaemon(), startRealRegistry()]);
  dataDir = await mkdtemp(join(tmpdir(), 'clean-command-'));
});
afterAll(async () => {
  await daemon?.close();
  await registry?.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function agentrail(...args: string[]) {
  const main = join(import.meta.dirname, '../../cli/main.ts');
  const env = { PATH: '/usr/bin:/bin', HOME: dataDir, DOCKER_HOST: daemon.address, NODE_COMPILE_CACHE: compiled };
  const child = spawn(process.execPath, [main, 'sandboxes', ...args, '--data-dir', dataDir], { env });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, err };
}

async function makeContainer(name: string, labels: Record<string, string>): Promise<string> {
  const container = await daemon.docker.createContainer({
    name,
    Image: 'agentrail-sandbox:bookworm',
    Cmd: ['sh', '-c', 'head -c 3000000 /dev/zero > /made && sleep 600'],
    Labels: labels,
    HostConfig: { NetworkMode: 'none' },
  });
  await container.start();
  return container.id;
}

async function makeImage(label: string): Promise<string> {
  // One file of two megabytes.
  const header = Buffer.alloc(512);
  const size = 2_000_000;
  header.write('data');
  header.write(
    `0000644\0${'0000000\0'.repeat(2)}${size.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0        0`,
    100,
  );
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  const tar = Buffer.concat([header, Buffer.alloc(size, label), Buffer.alloc(1024 + ((512 - (size % 512)) % 512))]);
  let said = '';
  for await (const chunk of await daemon.docker.importImage(Readable.from([tar]), { changes: [`LABEL ${label}`] }))
    said += String(chunk);
  return /sha256:[0-9a-f]{64}/.exec(said)?.[0] ?? '';
}

async function labelsOfTheDead(): Promise<Record<string, string>> {
  const dead = spawn(process.execPath, ['-e', '']);
  await once(dead, 'exit');
  const { place } = await readOwnIdentity();
  const owner = { place, pid: dead.pid ?? 0, start: 'boot:1' };
  return writeLabels({
    instanceId: newId('instance'),
    session: { tenantId: 'acme', sessionId: 's' },
    image: 'x',
    createdAt: systemClock.now(),
    owner,
  });
}

it('clean --apply frees what it showed, tells each step, saves workspaces first, and touches nothing that only looks like ours', async () => {
  const { docker } = daemon;
  const labels = await labelsOfTheDead();
  const strays = [
    await makeContainer('agentrail-dead-one-1', labels),
    await makeContainer('agentrail-dead-two-2', labels),
  ];
  const ours = await makeImage('run.agentrail.bundled=1');
  const foreign = {
    containers: [
      await makeContainer('agentrail-aaaaaaaa-bbbbbbbb-1', {}),
      await makeContainer('agentrail-aaaaaaaa-pool-2', { ...labels, 'run.agentrail.managed': 'true' }),
      await makeContainer('agentrail-like', {
        'run.agentrail.managed.not': '1',
        'com.example.run.agentrail.managed': '1',
      }),
    ],
    image: await makeImage('run.agentrail.bundled=10'),
  };
  await docker.createVolume({ Name: 'agentrail-workspace-0123456789abcdef01', Labels: {} });
  await docker.createNetwork({ Name: 'agentrail-aaaaaaaa', Driver: 'bridge' });
  await mkdir(join(dataDir, 'tenants/acme'), { recursive: true });
  const workspace = join(dataDir, 'sandboxes/acme/ses_gone');
  await mkdir(workspace, { recursive: true });
  await writeFile(join(workspace, 'work.bin'), Buffer.alloc(1_000_000, 'w'));
  const living = await openRealSandboxes({ dockerHost: daemon.address });
  const used = await living.manager.acquire({ tenantId: 'acme', sessionId: 'ses_living' });
  const imagesBefore = ((await docker.df()) as { LayersSize: number }).LayersSize;

  const shown = JSON.parse((await agentrail('clean', '--json')).out) as {
    items: { id: string; sizeBytes: number }[];
    totalBytes: number;
  };
  expect(shown.items.map(({ id }) => id).toSorted()).toEqual(
    [...strays.map((id) => `container:${id}`), `image:${ours}`, 'workspace:acme/ses_gone'].toSorted(),
  );
  const done = await agentrail('clean', '--apply', '--save-workspaces');
  expect(done).toMatchObject({ code: 0, err: '' });
  const lines = done.out.trim().split('\n');
  expect(lines.slice(0, -1).map((line) => line.replace(/ {2}.*/, ''))).toEqual(['1/4', '2/4', '3/4', '4/4']);
  const freed = Number(/Freed ([\d.]+) MB/.exec(lines.at(-1) ?? '')?.[1]);
  const imagesAfter = ((await docker.df()) as { LayersSize: number }).LayersSize;
  expect(imagesBefore - imagesAfter).toBeGreaterThanOrEqual(2_000_000);
  expect(freed).toBeCloseTo(shown.totalBytes / 1_000_000, 0);

  for (const id of strays) await expect(docker.getContainer(id).inspect()).rejects.toMatchObject({ statusCode: 404 });
  await expect(access(workspace)).rejects.toThrow();
  const [saved = ''] = await readdir(join(dataDir, 'backups/workspaces'));
  expect(saved).toMatch(/^acme-ses_gone-.*\.zip$/);
  expect((await stat(join(dataDir, 'backups/workspaces', saved))).size).toBeGreaterThan(500);
  for (const id of foreign.containers) expect((await docker.getContainer(id).inspect()).State.Running).toBe(true);
  await docker.getImage(foreign.image).inspect();
  await docker.getVolume('agentrail-workspace-0123456789abcdef01').inspect();
  await docker.getNetwork('agentrail-aaaaaaaa').inspect();
  expect((await used.exec({ command: ['true'] })).exitCode).toBe(0);
  expect(JSON.parse((await agentrail('clean', '--json')).out)).toMatchObject({ items: [], totalBytes: 0 });
  await living.close();
});

it('pull fetches an image before it is needed, with its progress, and says why it cannot', async () => {
  const reference = `${registry.host}/tools:3`;
  const image = daemon.docker.getImage('agentrail-sandbox:bookworm');
  expect(await agentrail('pull', reference)).toMatchObject({
    code: 1,
    err: expect.stringContaining('image cannot be fetched'),
  });
  const id = await makeImage('example=1');
  await daemon.docker.getImage(id).tag({ repo: `${registry.host}/tools`, tag: '3' });
  const pushed = await daemon.docker
    .getImage(reference)
    .push({ authconfig: { username: 'x', password: 'x', serveraddress: '' } });
  for await (const line of pushed) expect(String(line)).not.toContain('errorDetail');
  await daemon.docker.getImage(reference).remove({ force: true });

  const { code, out } = await agentrail('pull', reference);
  expect(code).toBe(0);
  expect(out).toMatch(/^[0-9a-f]{12} {2}Pull complete$/m);
  expect(out).toMatch(/tools:3 is here: .*@sha256:[0-9a-f]{64}\n$/);
  expect(await agentrail('pull')).toMatchObject({ code: 1, err: expect.stringContaining('npm run sandbox:image') });
  await image.inspect();
});
