import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { commandsOf } from './doc-commands.ts';

/** The package of npm as docs/deploy.md has it made and installed, in an empty home without any network. */
const exec = promisify(execFile);
const root = join(import.meta.dirname, '..');
let work: string;
let env: NodeJS.ProcessEnv;
const children: ChildProcess[] = [];

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'agentrail-package-'));
  env = {
    ...{ PATH: `${join(work, 'prefix/bin')}:${join(root, 'node_modules/.bin')}:${process.env.PATH}`, HOME: work },
    ...{ npm_config_prefix: join(work, 'prefix'), npm_config_cache: join(work, 'cache'), npm_config_offline: 'true' },
    ...{ npm_config_userconfig: join(work, 'npmrc'), AGENTRAIL_PORT: '0', DOCKER_HOST: `unix://${work}/no.sock` },
  };
  await mkdir(join(work, 'prefix'));
});

afterAll(async () => {
  for (const child of children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await rm(work, { recursive: true, force: true });
});

it('installs from its tarball alone, serves, and ends in order on SIGTERM', async () => {
  await exec('bash', ['--norc', '-euo', 'pipefail', '-c', await commandsOf('docs/deploy.md', 'package')], {
    cwd: root,
    env,
  });
  const serve = `exec ${(await commandsOf('docs/deploy.md', 'serve')).trim()}`;
  const child = spawn('bash', ['--norc', '-c', serve], { cwd: work, env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  await expect.poll(() => output, { timeout: 20_000 }).toMatch(/^Server: +http/m);
  const address = /^Server: +(http:\S+[^,\s])/m.exec(output)?.[1];
  expect(await (await fetch(`${address}/health`)).json()).toMatchObject({ status: 'ok' });

  child.kill('SIGTERM');
  const [code, signal] = await once(child, 'exit');
  expect({ code, signal }).toEqual({ code: 0, signal: null });
  expect(output).toContain('Stopped.');
  await expect(readFile(join(work, '.agentrail/lock'))).rejects.toThrow('ENOENT');
});

it('holds what the server needs, and neither sources nor the desktop program', async () => {
  const folder = join(work, 'prefix/lib/node_modules/agentrail-console');
  expect((await readdir(folder)).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json', 'resources']);
  const files = await readdir(join(folder, 'dist'), { recursive: true });
  expect(files.filter((name) => /\.map$|(^|\/)electron\.js$/.test(name))).toEqual([]);
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as object;
  expect(manifest).not.toHaveProperty('dependencies');
  expect(manifest).not.toHaveProperty('scripts');
});
