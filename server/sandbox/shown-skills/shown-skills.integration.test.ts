import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { comesTrue, openRealSandboxes, type RealSandboxes } from '../real-sandboxes.ts';
import type { Sandbox } from '../sandbox.ts';
import type { ShownSkill } from './skill-snapshots.ts';

let dataDir: string;
let real: RealSandboxes | undefined;
let door: Server | undefined;
let enabled: string[];

const skillDir = (name: string) => join(dataDir, 'skills', name);
const shown = async (): Promise<ShownSkill[]> => enabled.map((name) => ({ name, dir: skillDir(name) }));
const owner = (sessionId: string) => ({ tenantId: 'acme', sessionId });

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'shown-skills-'));
  enabled = ['forms'];
  for (const name of ['forms', 'other']) {
    await mkdir(join(skillDir(name), 'scripts'), { recursive: true });
    // As somebody with a strict umask leaves them.
    await writeFile(join(skillDir(name), 'SKILL.md'), `The skill ${name}.`, { mode: 0o600 });
    await writeFile(join(skillDir(name), 'scripts/run.sh'), '#!/bin/sh\necho "ran $0"', { mode: 0o700 });
    await chmod(join(skillDir(name), 'scripts'), 0o700);
  }
  await symlink('/etc/passwd', join(skillDir('forms'), 'link'));
});
afterEach(async () => {
  await real?.close();
  real = undefined;
  door?.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function open(change: Parameters<typeof openRealSandboxes>[0] = {}, lookAt?: string): Promise<RealSandboxes> {
  real = await openRealSandboxes(change, { dataDir, skills: shown, ...(lookAt && { lookAt }) });
  return real;
}

async function run(sandbox: Sandbox, line: string): Promise<string> {
  const { stdout, stderr } = await sandbox.exec({ command: { shell: line } });
  return Buffer.concat([stdout, stderr]).toString().trim();
}

const attacks = [
  'echo x > /skills/new',
  'echo x >> /skills/forms/SKILL.md',
  'rm /skills/forms/SKILL.md',
  'chmod 777 /skills/forms',
  'mv /skills/forms /skills/x',
  'mkdir /skills/forms/d',
  'ln -s / /skills/forms/l',
  'ln -f /skills/forms/SKILL.md /skills/forms/hard',
];

async function proveReadOnly(sandbox: Sandbox): Promise<void> {
  expect(await run(sandbox, 'cd /skills && find . | sort && cat forms/SKILL.md && forms/scripts/run.sh')).toBe(
    './forms\n./forms/SKILL.md\n./forms/scripts\n./forms/scripts/run.sh\nThe skill forms.ran forms/scripts/run.sh'.replace(
      /^/,
      '.\n',
    ),
  );
  for (const line of attacks)
    expect([line, (await sandbox.exec({ command: { shell: line } })).exitCode]).not.toEqual([line, 0]);
  expect(await run(sandbox, 'cat /skills/forms/SKILL.md; ls /skills')).toBe('The skill forms.forms');
  await expect(sandbox.writeFile('/skills/forms/SKILL.md', Buffer.from('x'))).rejects.toThrow();
}

describe('the skills in a sandbox', () => {
  it('are those that are enabled, can be read and run, and not changed', async () => {
    const { manager } = await open();
    await proveReadOnly(await manager.acquire(owner('ses_one')));
    expect(await readFile(join(skillDir('forms'), 'SKILL.md'), 'utf8')).toBe('The skill forms.');
  });

  it('follow what is enabled with the next sandbox, and stay as they were in this one', async () => {
    const { manager } = await open();
    const first = await manager.acquire(owner('ses_one'));
    enabled = ['other'];
    expect(await run(await manager.acquire(owner('ses_two')), 'ls /skills')).toBe('other');
    expect(await run(first, 'ls /skills')).toBe('forms');
    enabled = [];
    expect(await run(await manager.acquire(owner('ses_three')), 'ls /skills')).toContain('No such file');
  });

  it('are in sandboxes that waited, which are made anew when they change', async () => {
    const { manager } = await open({ warmPool: 1 });
    manager.keepWarm(true);
    const waits = () =>
      comesTrue(async () => manager.list().some(({ isPooled, state }) => isPooled && state === 'ready'));
    expect(await waits()).toBe(true);
    const pooled = manager.list()[0]?.containerId;
    const claimed = await manager.acquire(owner('ses_one'));
    expect(claimed.info.containerId).toBe(pooled);
    expect(await run(claimed, 'ls /skills')).toBe('forms');
    manager.keepWarm(true);
    expect(await waits()).toBe(true);
    enabled = ['forms', 'other'];
    expect(await run(await manager.acquire(owner('ses_two')), 'ls /skills')).toBe('forms\nother');
  });

  it('come with the start where folders of this machine cannot be mounted', async () => {
    door = createServer((near) => {
      const far = connect('/var/run/docker.sock');
      near.pipe(far).pipe(near);
      near.on('error', () => far.destroy());
      far.on('error', () => near.destroy());
      near.on('close', () => far.destroy());
    }).listen(0, '127.0.0.1');
    await once(door, 'listening');
    const address = door.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await writeFile(join(skillDir('forms'), 'large'), Buffer.alloc(3_000_000, 'x'));
    const { manager } = await open({ dockerHost: `tcp://127.0.0.1:${port}` }, 'unix:///var/run/docker.sock');
    const sandbox = await manager.acquire(owner('ses_one'));
    expect(await run(sandbox, 'wc -c < /skills/forms/large; stat -c %U:%a /skills /skills/forms/scripts')).toBe(
      '3000000\nroot:755\nroot:755',
    );
    expect(await run(sandbox, '/skills/forms/scripts/run.sh')).toBe('ran /skills/forms/scripts/run.sh');
    for (const line of attacks) expect((await sandbox.exec({ command: { shell: line } })).exitCode).not.toBe(0);
  });

  it('leave nothing behind when all is closed', async () => {
    const { manager } = await open();
    await manager.acquire(owner('ses_one'));
    await manager.close();
    expect(await readdir(join(dataDir, 'sandboxes'))).not.toContain('.skills');
    real = undefined;
  });
});
