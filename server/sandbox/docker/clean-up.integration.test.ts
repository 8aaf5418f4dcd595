import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import Docker from 'dockerode';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CleanUpProgress } from '../../contract/clean-up.ts';
import { hasWorkspaceStart, writeWorkspaceStart } from '../../data/workspace-start.ts';
import { systemClock } from '../../lib/clock.ts';
import { newId } from '../../lib/new-id.ts';
import { writeLabels } from '../labels.ts';
import { readOwnIdentity } from '../process-identity.ts';
import { openRealSandboxes, type RealSandboxes } from '../real-sandboxes.ts';

const docker = new Docker();
let real: RealSandboxes;
const strays: string[] = [];
const images: string[] = [];

beforeEach(async () => {
  real = await openRealSandboxes();
});
afterEach(async () => {
  for (const name of strays.splice(0))
    await docker
      .getContainer(name)
      .remove({ force: true })
      .catch(() => undefined);
  for (const id of images.splice(0))
    await docker
      .getImage(id)
      .remove({ force: true })
      .catch(() => undefined);
  await real.close();
});

async function makeContainer(labels: Record<string, string>): Promise<string> {
  const name = `agentrail-test-${newId('instance').slice(-10)}`;
  strays.push(name);
  const container = await docker.createContainer({
    name,
    Image: real.config.image,
    Cmd: ['sleep', '600'],
    Labels: labels,
    HostConfig: { NetworkMode: 'none' },
  });
  await container.start();
  return name;
}

/** An image with nothing in it and without a name. */
async function makeDangling(label: string): Promise<string> {
  const emptyArchive = Readable.from([Buffer.alloc(1024)]);
  const stream = await docker.importImage(emptyArchive, { changes: [`LABEL ${label}`] });
  let said = '';
  for await (const chunk of stream) said += String(chunk);
  const id = /sha256:[0-9a-f]{64}/.exec(said)?.[0] ?? '';
  images.push(id);
  return id;
}

async function deadOwnerLabels(): Promise<Record<string, string>> {
  const dead = spawn(process.execPath, ['-e', '']);
  await once(dead, 'exit');
  const { place } = await readOwnIdentity();
  return writeLabels({
    instanceId: newId('instance'),
    session: { tenantId: 'acme', sessionId: 's' },
    image: 'x',
    createdAt: systemClock.now(),
    owner: { place, pid: dead.pid ?? 0, start: 'boot:1' },
  });
}

async function makeWorkspace(tenantId: string, sessionId: string): Promise<string> {
  const folder = join(real.dataDir, 'sandboxes', tenantId, sessionId);
  await mkdir(join(folder, 'below'), { recursive: true });
  await writeFile(join(folder, 'below/file'), Buffer.alloc(100_000, 'x'));
  await symlink('/etc/passwd', join(folder, 'link'));
  return folder;
}

it('lists item by item what nobody needs, changes nothing, and lists nothing that is not ours', async () => {
  const stray = await makeContainer(await deadOwnerLabels());
  const foreign = await makeContainer({ 'com.example.managed': '1' });
  const unknown = await makeContainer({ 'run.agentrail.managed': '1' });
  const ours = await makeDangling('run.agentrail.bundled=1');
  const theirs = await makeDangling('com.example.bundled=1');
  const sandbox = await real.manager.acquire({ tenantId: 'acme', sessionId: 'ses_used' });
  await mkdir(join(real.dataDir, 'tenants/acme/sessions'), { recursive: true });
  await makeWorkspace('acme', 'ses_orphan');
  await makeWorkspace('nobody', 'ses_elsewhere');
  const plan = await real.manager.cleanUp.plan();
  const names = plan.items.map(({ name }) => name);
  expect(plan.items.find(({ name }) => name === stray)).toMatchObject({ kind: 'container', reason: 'owner_gone' });
  expect(names).not.toContain(foreign);
  expect(names).not.toContain(unknown);
  expect(plan.kept).toContainEqual({ name: unknown, reason: expect.stringContaining('labels') });
  expect(names).not.toContain(sandbox.info.id);
  expect(plan.items.find(({ id }) => id === `image:${ours}`)).toMatchObject({ reason: 'dangling_image' });
  expect(plan.items.map(({ id }) => id)).not.toContain(`image:${theirs}`);
  const workspaces = plan.items.filter(({ kind }) => kind === 'workspace');
  expect(workspaces).toMatchObject([{ id: 'workspace:acme/ses_orphan', reason: 'no_session' }]);
  expect(workspaces[0]?.sizeBytes).toBeGreaterThan(100_000);
  expect((await docker.getContainer(stray).inspect()).State.Running).toBe(true);
});

it('removes only what was ticked, tells each step, and measures what it freed', async () => {
  const [first, second] = [await makeContainer(await deadOwnerLabels()), await makeContainer(await deadOwnerLabels())];
  await mkdir(join(real.dataDir, 'tenants/acme'), { recursive: true });
  const folder = await makeWorkspace('acme', 'ses_orphan');
  const secret = { type: 'file', sizeBytes: 5, modifiedAt: 1, text: 'first' } as const;
  await writeWorkspaceStart(real.dataDir, 'acme', 'ses_orphan', { notedAt: 1, isWhole: true, entries: { a: secret } });
  const { items } = await real.manager.cleanUp.plan();
  const ids = items.filter(({ name }) => name === first || name === 'acme/ses_orphan').map(({ id }) => id);
  const seen: CleanUpProgress[] = [];
  const done = await real.manager.cleanUp.apply({ ids, savesWorkspaces: true, onProgress: (step) => seen.push(step) });
  expect(done.outcomes.every(({ ok }) => ok)).toBe(true);
  expect(done.freedBytes).toBeGreaterThan(100_000);
  expect(seen.map(({ type }) => type)).toEqual(['item', 'item', 'done']);
  await expect(docker.getContainer(first).inspect()).rejects.toMatchObject({ statusCode: 404 });
  expect((await docker.getContainer(second).inspect()).State.Running).toBe(true);
  await expect(access(folder)).rejects.toThrow();
  const saved = done.outcomes.flatMap((outcome) => ('savedAs' in outcome && outcome.savedAs ? [outcome.savedAs] : []));
  expect(saved).toHaveLength(1);
  expect((await stat(saved[0] ?? '')).size).toBeGreaterThan(200);
  expect(await readdir(join(real.dataDir, 'sandboxes/.removed'))).toEqual([]);
  // What its files were at the beginning goes with them.
  expect(await hasWorkspaceStart(real.dataDir, 'acme', 'ses_orphan')).toBe(false);
});

it('refuses ids that no plan has, whatever they name', async () => {
  const foreign = await makeContainer({});
  const { Id } = await docker.getContainer(foreign).inspect();
  const { Id: image } = await docker.getImage(real.config.image).inspect();
  await writeFile(join(real.dataDir, 'precious'), 'x');
  const sandbox = await real.manager.acquire({ tenantId: 'acme', sessionId: 'ses_used' });
  const ids = [
    `container:${Id}`,
    `container:${sandbox.info.containerId}`,
    `image:${image}`,
    'workspace:../precious',
    'workspace:acme/ses_used',
    'nonsense',
  ];
  const { outcomes } = await real.manager.cleanUp.apply({ ids, savesWorkspaces: false });
  expect(outcomes).toHaveLength(ids.length);
  expect(outcomes.every((outcome) => !outcome.ok && outcome.code === 'clean_up_changed')).toBe(true);
  expect((await docker.getContainer(foreign).inspect()).State.Running).toBe(true);
  await access(join(real.dataDir, 'precious'));
  expect((await sandbox.exec({ command: ['true'] })).exitCode).toBe(0);
});

it('keeps the workspace of a session that there is', async () => {
  await mkdir(join(real.dataDir, 'tenants/acme/sessions/ses_kept'), { recursive: true });
  await makeWorkspace('acme', 'ses_kept');
  expect((await real.manager.cleanUp.plan()).items.filter(({ kind }) => kind === 'workspace')).toEqual([]);
});
