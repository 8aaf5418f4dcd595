import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../lib/new-id.ts';
import { importBusyboxImage } from '../fixtures/busybox-image.ts';
import { comesTrue, openRealSandboxes, type RealSandboxes } from '../real-sandboxes.ts';
import type { ExecRequest, Sandbox } from '../sandbox.ts';

const image = `agentrail-test-busybox:${newId('instance').slice(-8).toLowerCase()}`;
const owner = { tenantId: 'acme', sessionId: 'ses_plain' };
let real: RealSandboxes;
let sandbox: Sandbox;

beforeAll(async () => {
  await importBusyboxImage(image);
  real = await openRealSandboxes({ image });
  sandbox = await real.manager.acquire(owner);
});
afterAll(async () => {
  await real?.close();
  await new Docker().getImage(image).remove({ force: true });
});

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');
const shell = (line: string, more: Partial<ExecRequest> = {}) => sandbox.exec({ command: { shell: line }, ...more });
/** Command lines of what runs inside, but of what we look with. */
async function inside(): Promise<string[]> {
  const { Processes } = await new Docker().getContainer(sandbox.info.id).top({ ps_args: '-eo pid,args' });
  return Processes.map(([, line = '']) => line);
}
const runs = async (what: string) => (await inside()).some((line) => line.includes(what));

describe('an image without Python', () => {
  it('works, is told to be slower, and its containers are hardened as ever', async () => {
    expect(await real.manager.image()).toMatchObject({ state: 'present', problem: expect.stringContaining('slower') });
    const facts = await new Docker().getContainer(sandbox.info.id).inspect();
    expect(facts.HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'], NetworkMode: 'none' });
  });

  it('runs commands as the ordinary user, streams apart, with surroundings, input and exit code', async () => {
    const result = await shell('id -u; pwd; echo $A; cat; echo bad >&2; exit 3', {
      env: { A: 'b c' },
      stdin: Buffer.from('given'),
      cwd: '/tmp',
    });
    expect([text(result.stdout), text(result.stderr), result.exitCode]).toEqual(['1000\n/tmp\nb c\ngiven', 'bad\n', 3]);
    const argv = await sandbox.exec({ command: ['echo', 'a b', '$A', "'"] });
    expect(text(argv.stdout)).toBe("a b $A '\n");
    expect((await sandbox.exec({ command: ['nothing-of-this-name'] })).exitCode).toBe(127);
    expect((await sandbox.exec({ command: ['true'], cwd: '/nowhere' })).exitCode).toBe(126);
  });

  it('tells output as it comes, bounds it, and keeps commands side by side apart', async () => {
    const seen: string[] = [];
    await shell('echo one; sleep 0.3; echo two', { onOutput: (_, chunk) => void seen.push(text(chunk)) });
    expect(seen).toEqual(['one\n', 'two\n']);
    const long = await shell('head -c 3000000 /dev/zero', { maxOutputBytes: 1000 });
    expect([long.stdout.length, long.truncatedBytes]).toEqual([1000, 2_999_000]);
    const results = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((each) => shell(`echo ${each}`)));
    expect(results.map(({ stdout }) => text(stdout)).join('')).toBe('a\nb\nc\nd\ne\n');
  });

  it('writes and reads files as they are, below the workspace only', async () => {
    const data = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 256));
    await sandbox.writeFile('deep/er/file', data);
    expect(Buffer.compare(Buffer.from(await sandbox.readFile('deep/er/file')), data)).toBe(0);
    expect(await sandbox.stat('deep/er/file')).toMatchObject({
      path: 'deep/er/file',
      type: 'file',
      sizeBytes: 300_000,
    });
    expect(await sandbox.stat('nothing')).toBeUndefined();
    await shell('echo "#!/bin/sh" > run; chmod 750 run');
    await sandbox.writeFile('run', Buffer.from('new'));
    expect(text((await shell('stat -c %a run; cat run')).stdout)).toBe('750\nnew');
    await symlink('/etc', join(real.dataDir, 'sandboxes/acme/ses_plain/etc'));
    for (const path of ['/etc/x', '../x', 'etc/x', '/bin/x', '/workspace']) {
      await expect(sandbox.writeFile(path, Buffer.from('x'))).rejects.toMatchObject({
        code: expect.stringMatching(/^path_outside_workspace$/),
      });
    }
    const codeOf = (path: string, maxBytes?: number) =>
      sandbox.readFile(path, maxBytes === undefined ? {} : { maxBytes }).then(
        () => 'read',
        (fault) => fault.code,
      );
    expect(await codeOf('nothing')).toBe('file_not_found');
    expect(await codeOf('deep')).toBe('is_directory');
    expect(await codeOf('/dev/null')).toBe('not_a_file');
    expect(await codeOf('deep/er/file', 10)).toBe('file_too_large');
    expect(await codeOf('a\0b')).toBe('invalid_path');
  });

  it('finds files and lines', async () => {
    await shell(
      "mkdir -p find/.git find/a; echo 'needle one' > find/a/x.txt; echo Needle > find/y.md; echo needle > find/.git/z",
    );
    expect((await sandbox.glob('**/*.txt', { path: 'find', limit: 10 })).paths).toEqual(['find/a/x.txt']);
    const { matches } = await sandbox.grep({ pattern: 'needle (one|two)', path: 'find', limit: 10 });
    expect(matches).toEqual([{ path: 'find/a/x.txt', line: 1, text: 'needle one' }]);
    const both = await sandbox.grep({ pattern: 'needle', path: 'find', ignoreCase: true, limit: 10 });
    expect(both.matches).toHaveLength(2);
    await expect(sandbox.grep({ pattern: '(', limit: 1 })).rejects.toMatchObject({ code: 'invalid_pattern' });
  });
});

describe('a kill without an agent', () => {
  it.each([
    ['a background tree', 'sleep 4001 & sleep 4001 & wait'],
    ['an ignored TERM', 'trap "" TERM; while :; do sleep 4001; done'],
    ['a session of its own', 'setsid sleep 4001 & sleep 4001'],
    ['a double fork', '(sleep 4001 &) ; sleep 4001'],
    ['a cleared environment', 'env -i /bin/sleep 4001'],
  ])('at the deadline ends %s', async (_, line) => {
    const result = await shell(line, { timeoutMs: 500 });
    expect(result).toMatchObject({ endedBy: 'timeout', exitCode: null });
    expect(await comesTrue(async () => !(await runs('sleep 4001')))).toBe(true);
  });

  it('on abort leaves other commands alone', async () => {
    const abort = new AbortController();
    const other = shell('sleep 2; echo lives');
    const killed = shell('sleep 4002', { signal: abort.signal });
    expect(await comesTrue(() => runs('sleep 4002'))).toBe(true);
    abort.abort();
    expect((await killed).endedBy).toBe('abort');
    expect(text((await other).stdout)).toBe('lives\n');
  });

  it('takes what a command left behind when nothing else runs', async () => {
    const result = await shell('setsid sleep 4003 > /dev/null 2>&1 & echo started');
    expect(text(result.stdout)).toBe('started\n');
    expect(await runs('sleep 4003')).toBe(false);
  });
});

describe('the owner of a sandbox without an agent', () => {
  it('takes it along when it is killed', async () => {
    const script = fileURLToPath(new URL('../fixtures/sandbox-owner.ts', import.meta.url));
    const instanceId = newId('instance');
    const child: ChildProcess = spawn(process.execPath, [script, instanceId, real.dataDir, '1', '', image], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (child.stdout) {
      for await (const line of createInterface(child.stdout)) {
        if (line === 'running') break;
      }
    }
    const left = () => real.engine.list(`run.agentrail.instance=${instanceId}`);
    expect(await left()).toHaveLength(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await comesTrue(async () => (await left()).length === 0, 5000)).toBe(true);
    expect(await readFile(join(real.dataDir, 'sandboxes/acme/ses_owner0/started'), 'utf8')).toBe('started\n');
  });
});
