import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../lib/new-id.ts';
import { createWorkspaceFiles } from './files/workspace-files.ts';
import { comesTrue, openRealSandboxes, type RealSandboxes } from './real-sandboxes.ts';

const local = 'unix:///var/run/docker.sock';
const owner = { tenantId: 'acme', sessionId: 'ses_volume' };
let real: RealSandboxes;
let dataDir: string;
let door: Server;
let dockerHost: string;
const children: ChildProcess[] = [];

/** TCP of this machine that leads to its engine: like every TCP address it may lead anywhere, so nothing is mounted. */
beforeEach(async () => {
  door = createServer((near) => {
    const far = connect('/var/run/docker.sock');
    near.pipe(far).pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.on('close', () => far.destroy());
  }).listen(0, '127.0.0.1');
  await once(door, 'listening');
  const address = door.address();
  dockerHost = `tcp://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  dataDir = await mkdtemp(join(tmpdir(), 'volumes-'));
  real = await open();
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
  }
  await real.close();
  door.close();
  await rm(dataDir, { recursive: true, force: true });
});

const open = (change: Parameters<typeof openRealSandboxes>[0] = {}) =>
  openRealSandboxes({ dockerHost, ...change }, { lookAt: local, dataDir });
const folder = () => join(dataDir, 'sandboxes/acme/ses_volume');
const below = (...names: string[]) => join(folder(), ...names);
const volumes = () => real.engine.listVolumes('run.agentrail.tenant=acme').then((all) => all.map(({ name }) => name));
/** What is under way or left beside the workspaces. */
const beside = (name: string) => readdir(join(dataDir, 'sandboxes', name), { recursive: true }).catch(() => []);

async function shell(sandbox: Awaited<ReturnType<typeof real.manager.acquire>>, line: string): Promise<string> {
  const { stdout, stderr, exitCode } = await sandbox.exec({ command: { shell: line } });
  expect([exitCode, Buffer.from(stderr).toString()]).toEqual([0, '']);
  return Buffer.from(stdout).toString();
}

describe('a workspace in a volume', () => {
  it('has the files of the folder inside, and brings back what became of them', async () => {
    await mkdir(below('deep/er'), { recursive: true });
    await writeFile(below('deep/er/given'), 'given', { mode: 0o640 });
    await writeFile(below('run.sh'), '#!/bin/sh\necho ran', { mode: 0o755 });
    await writeFile(below('large'), Buffer.alloc(9_000_000, 'x'));
    await writeFile(below('empty'), '');
    await writeFile(below('gone'), '');
    await symlink('deep/er', below('link'));

    const sandbox = await real.manager.acquire(owner);
    expect(await shell(sandbox, 'cat link/given; ./run.sh; stat -c %a:%U deep/er/given; wc -c < large')).toBe(
      'givenran\n640:agent\n9000000\n',
    );
    const made = ['mkdir -p new/folder', 'echo made > new/folder/file', 'rm gone', 'echo more >> deep/er/given'];
    const odd = ['printf x > "$(printf "odd\\377name")"', 'chmod 000 new/folder/file', 'ln -s /etc/passwd out'];
    await shell(sandbox, [...made, ...odd, 'mkfifo pipe', 'touch -d 2001-02-03 empty'].join(' && '));
    expect(await volumes()).toHaveLength(1);
    await real.manager.destroy(sandbox.info.id);

    expect(await readFile(below('new/folder/file'), 'utf8')).toBe('made\n');
    expect(((await stat(below('new/folder/file'))).mode & 0o777).toString(8)).toBe('0');
    expect(await readFile(below('deep/er/given'), 'utf8')).toBe('givenmore\n');
    expect(((await stat(below('run.sh'))).mode & 0o777).toString(8)).toBe('755');
    expect((await stat(below('large'))).size).toBe(9_000_000);
    expect((await stat(below('empty'))).mtime.getUTCFullYear()).toBe(2001);
    expect(await readlink(below('link'))).toBe('deep/er');
    expect(await readlink(below('out'))).toBe('/etc/passwd');
    const names = await readdir(folder(), { encoding: 'buffer' });
    expect(names.some((name) => name.equals(Buffer.from('odd\xffname', 'latin1')))).toBe(true);
    expect(names.map(String)).not.toContain('gone');
    expect(names.map(String)).not.toContain('pipe');
    expect((await stat(below('large'))).uid).toBe((await stat(folder())).uid);
    expect(await volumes()).toEqual([]);
    expect(await beside('.volumes')).toEqual(['acme']);
    expect(await beside('.saving')).toEqual([]);
  });

  it('is looked at, changed, compared and taken through the sandbox while it lives', async () => {
    await mkdir(folder(), { recursive: true });
    await writeFile(below('given.txt'), 'one\n');
    const files = createWorkspaceFiles({ dataDir, sandboxes: real.manager });
    const signal = new AbortController().signal;
    const sandbox = await real.manager.acquire(owner);
    await shell(sandbox, 'echo two >> given.txt; mkdir sub; echo made > sub/made.txt; ln -s /etc leak');
    // On this machine lies only what was there at the start.
    expect(await readFile(below('given.txt'), 'utf8')).toBe('one\n');
    expect(await files.list(owner, '', signal)).toMatchObject({ from: 'sandbox' });
    const textOf = async (path: string) => {
      const { body } = await files.fetch(owner, path, signal);
      return new Response(body).text();
    };
    expect(await textOf('sub/made.txt')).toBe('made\n');
    async function* upload() {
      yield Buffer.from('from afar');
    }
    await files.store(owner, 'sub/up.txt', 9, upload(), signal);
    expect(await shell(sandbox, 'cat sub/up.txt')).toBe('from afar');
    await expect(files.fetch(owner, 'leak/passwd', signal)).rejects.toMatchObject({
      code: expect.stringMatching(/path_outside|not_found/),
    });
    const { changes } = await files.changes(owner, signal);
    expect(changes.map(({ path, change }) => `${change} ${path}`).toSorted()).toEqual(
      expect.arrayContaining(['added sub/made.txt', 'added sub/up.txt', 'changed given.txt']),
    );
    await real.manager.destroy(sandbox.info.id);
    expect(await files.list(owner, 'sub', signal)).toMatchObject({ from: 'folder' });
    expect(await textOf('sub/up.txt')).toBe('from afar');
  });

  it('is brought back from a paused sandbox, too, and serves the next one', async () => {
    const sandbox = await real.manager.acquire(owner);
    await sandbox.writeFile('kept', Buffer.from('kept'));
    await real.manager.pause(sandbox.info.id);
    await real.manager.destroy(sandbox.info.id);
    expect(await readFile(below('kept'), 'utf8')).toBe('kept');
    const next = await real.manager.acquire(owner);
    expect(Buffer.from(await next.readFile('kept')).toString()).toBe('kept');
  });

  it('outlives a container that was removed by force; what a person added meanwhile joins it', async () => {
    const sandbox = await real.manager.acquire(owner);
    await shell(sandbox, 'echo newer > file; echo x > deleted-later');
    await real.engine.remove(sandbox.info.id);
    expect(await comesTrue(async () => real.manager.list()[0]?.state === 'lost')).toBe(true);
    await mkdir(below('uploads'));
    await writeFile(below('uploads/added'), 'added');
    const next = await real.manager.acquire(owner);
    expect(await shell(next, 'cat file uploads/added')).toBe('newer\nadded');
    await real.manager.destroy(next.info.id);
    expect(await readFile(below('file'), 'utf8')).toBe('newer\n');
    expect(await volumes()).toEqual([]);
  });

  it('is brought back by the next program after SIGKILL of its owner', async () => {
    const script = fileURLToPath(new URL('./fixtures/sandbox-owner.ts', import.meta.url));
    const child = spawn(process.execPath, [script, newId('instance'), dataDir, '1', dockerHost], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    for await (const line of createInterface(child.stdout)) {
      if (line === 'running') break;
    }
    const [volume] = await volumes();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const containers = () => real.engine.list('run.agentrail.session=ses_owner0');
    expect(await comesTrue(async () => (await containers()).length === 0)).toBe(true);
    expect(await volumes()).toEqual([volume]);
    const file = join(dataDir, 'sandboxes/acme/ses_owner0/started');
    await expect(lstat(file)).rejects.toMatchObject({ code: 'ENOENT' });

    const report = await real.manager.sweep();
    expect(report.kept.map(({ name }) => name)).not.toContain(volume);
    expect(await comesTrue(async () => (await volumes()).length === 0, 20_000)).toBe(true);
    expect(await readFile(file, 'utf8')).toBe('started\n');
    expect(await comesTrue(async () => (await containers()).length === 0)).toBe(true);
  });

  it('stays in its volume, and the old files here, when it is too large to come back', async () => {
    real.config.diskLimit = '1m';
    await mkdir(folder(), { recursive: true });
    await writeFile(below('here'), 'here');
    const sandbox = await real.manager.acquire(owner);
    await shell(sandbox, 'truncate -s 1T sparse');
    await real.manager.destroy(sandbox.info.id);
    expect(await readdir(folder())).toEqual(['here']);
    expect(await volumes()).toHaveLength(1);
    const next = await real.manager.acquire(owner);
    await shell(next, 'rm sparse');
    await real.manager.destroy(next.info.id);
    expect(await volumes()).toEqual([]);
    expect(await readdir(folder())).toEqual(['here']);
  });

  it('on another engine is not passed over in silence', async () => {
    const sandbox = await real.manager.acquire(owner);
    await real.engine.remove(sandbox.info.id);
    const file = join(dataDir, 'sandboxes/.volumes/acme/ses_volume.json');
    const record = await readFile(file, 'utf8');
    await writeFile(file, JSON.stringify({ ...JSON.parse(record), engineId: 'another' }));
    expect(await comesTrue(async () => real.manager.list()[0]?.state === 'lost')).toBe(true);
    await expect(real.manager.acquire(owner)).rejects.toMatchObject({ code: 'workspace_elsewhere' });
    await writeFile(file, record);
    const next = await real.manager.acquire(owner);
    await real.manager.destroy(next.info.id);
    expect(await volumes()).toEqual([]);
  });

  it('of another data directory is shown and kept', async () => {
    const name = `agentrail-test-${newId('instance').slice(-8).toLowerCase()}`;
    await real.engine.createVolume(name, { 'run.agentrail.managed': '1' });
    try {
      const { kept } = await real.manager.sweep();
      expect(kept).toContainEqual({ name, reason: expect.stringContaining('another data directory') });
      expect(await real.engine.hasVolume(name)).toBe(true);
    } finally {
      await real.engine.removeVolume(name);
    }
  });
});
