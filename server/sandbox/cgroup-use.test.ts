import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCgroups } from './cgroup-use.ts';

const id = 'ab'.repeat(32);
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cgroups-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(folder: string, files: Record<string, string>): Promise<void> {
  await mkdir(join(root, folder), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, folder, name), text);
}

const unified = {
  'cpu.stat': 'usage_usec 7000000\nuser_usec 5000000\nsystem_usec 2000000\n',
  'memory.current': '52428800\n',
  'memory.stat': 'anon 1000\nfile 2000\ninactive_anon 7\ninactive_file 2428800\n',
  'pids.current': '12\n',
};
const use = { cpuMicros: 7_000_000, memoryBytes: 50_000_000, pids: 12 };

describe('the files of version 2', () => {
  it.each([
    ['Docker that makes groups itself', `docker/${id}`],
    ['Docker under systemd', `system.slice/docker-${id}.scope`],
    ['Docker without root', `user.slice/user-1000.slice/user@1000.service/user.slice/docker-${id}.scope`],
    ['Podman', `machine.slice/libpod-${id}.scope`],
    ['Podman without root', `user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope`],
  ])('are found where %s has them', async (_, group) => {
    await put('.', { 'cgroup.controllers': 'cpu memory pids' });
    await put(group, unified);
    expect(createCgroups({ root, uid: 1000 }).find(id)?.()).toEqual(use);
  });

  it('give nothing when a controller is not switched on, a number is none, or the container is elsewhere', async () => {
    await put('.', { 'cgroup.controllers': 'cpu' });
    const cgroups = createCgroups({ root, uid: undefined });
    expect(cgroups.find(id)).toBeUndefined();
    await put(`docker/${id}`, { 'cpu.stat': unified['cpu.stat'] });
    expect(cgroups.find(id)).toBeUndefined();
    await put(`docker/${id}`, { ...unified, 'memory.current': 'max\n' });
    expect(cgroups.find(id)).toBeUndefined();
  });

  it('say nothing more once the container is gone', async () => {
    await put('.', { 'cgroup.controllers': '' });
    await put(`docker/${id}`, unified);
    const read = createCgroups({ root, uid: undefined }).find(id);
    expect(read?.()).toEqual(use);
    await rm(join(root, 'docker'), { recursive: true });
    expect(read?.()).toBeUndefined();
  });
});

describe('the files of version 1', () => {
  it('are read from the folder of each controller', async () => {
    await put(`cpuacct/docker/${id}`, { 'cpuacct.usage': '7000000999\n' });
    await put(`pids/docker/${id}`, { 'pids.current': '12\n' });
    const cgroups = createCgroups({ root, uid: 0 });
    expect(cgroups.find(id)).toBeUndefined();
    await put(`memory/docker/${id}`, {
      'memory.usage_in_bytes': '52428800\n',
      'memory.stat': 'cache 5\ninactive_file 1\ntotal_cache 9\ntotal_inactive_file 2428800\n',
    });
    expect(cgroups.find(id)?.()).toEqual({ ...use, cpuMicros: 7_000_001 });
  });
});

it('an id that is none never becomes part of a path', async () => {
  await put('docker/x', unified);
  await put('.', { 'cgroup.controllers': '' });
  const cgroups = createCgroups({ root, uid: 0 });
  for (const bad of ['x', '', '..', `../docker/${id}`, `${id}/..`, id.toUpperCase()]) {
    expect(cgroups.find(bad)).toBeUndefined();
  }
});
