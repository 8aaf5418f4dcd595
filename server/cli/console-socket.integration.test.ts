import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openProgram } from './program.test-support.ts';

const nobody = 65_534;

it('a command goes through the server that runs, and acts directly when none does', async () => {
  const { agentrail, serve, dataDir } = await openProgram();
  expect(await agentrail(['sessions', 'ls'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('There is no data directory'),
  });
  const server = await serve();
  expect(await agentrail(['sessions', 'ls', '--json'])).toEqual({ code: 0, out: '[]\n', err: '' });
  expect((await stat(path.join(dataDir, 'run'))).mode & 0o777).toBe(0o700);
  expect((await stat(path.join(dataDir, 'run/console.sock'))).mode & 0o777).toBe(0o600);
  expect((await stat(path.join(dataDir, 'run/console.json'))).mode & 0o777).toBe(0o600);
  expect(await server.stop('SIGTERM')).toBe(0);
  expect(await readdir(path.join(dataDir, 'run'))).toEqual([]);
  expect(await agentrail(['sessions', 'ls', '--json'])).toEqual({ code: 0, out: '[]\n', err: '' });
});

it('a server that hangs ends the command with 3 and a sentence; once it goes on, it answers', async () => {
  const { agentrail, serve } = await openProgram();
  const server = await serve();
  server.child.kill('SIGSTOP');
  expect(await agentrail(['sessions', 'ls'])).toEqual({
    code: 3,
    out: '',
    err: expect.stringContaining(`Process ${server.pid} owns the data directory but did not answer within 5 seconds`),
  });
  server.child.kill('SIGCONT');
  expect((await agentrail(['sessions', 'ls'])).code).toBe(0);
});

it('what a killed server left is no server: commands act directly, and the next one takes its place', async () => {
  const { agentrail, serve, endpoint, dataDir } = await openProgram();
  const first = await serve();
  const old = await endpoint();
  await first.stop('SIGKILL');
  expect(existsSync(path.join(dataDir, 'run/console.sock'))).toBe(true);
  expect((await agentrail(['tenants', 'ls'])).code).toBe(0);
  await serve();
  const now = await endpoint();
  expect(now.token).not.toBe(old.token);
  expect((await agentrail(['tenants', 'ls'])).code).toBe(0);
});

it('two servers on two data directories keep to their own socket', async () => {
  const one = await openProgram();
  const other = await openProgram();
  const [first, second] = [await one.serve(), await other.serve()];
  expect((await one.endpoint()).pid).toBe(first.pid);
  expect((await other.endpoint()).pid).toBe(second.pid);
  // A second one on the same directory is refused, and takes nothing away.
  expect((await one.agentrail(['serve', '--port', '0'])).code).toBe(1);
  expect((await one.endpoint()).pid).toBe(first.pid);
  await second.stop('SIGTERM');
  expect((await one.agentrail(['sessions', 'ls'])).code).toBe(0);
  expect((await other.agentrail(['sessions', 'ls'])).code).toBe(0);
});

it('a data directory with a long path has its socket in the runtime folder, and it goes with the server', async () => {
  const program = await openProgram(`agentrail-${'long-'.repeat(20)}`);
  const runtime = path.join(program.home, '..', `agentrail-run-${process.pid}`);
  await mkdir(runtime, { mode: 0o700, recursive: true });
  try {
    const server = await program.serve([], { env: { XDG_RUNTIME_DIR: runtime } });
    const { address } = await program.endpoint();
    expect(path.dirname(path.dirname(address))).toBe(path.resolve(runtime));
    expect((await stat(path.dirname(address))).mode & 0o777).toBe(0o700);
    expect((await program.agentrail(['sessions', 'ls'])).code).toBe(0);

    await server.stop('SIGKILL');
    expect(existsSync(address)).toBe(true);
    const next = await program.serve([], { env: { XDG_RUNTIME_DIR: runtime } });
    expect(existsSync(address)).toBe(false);
    await next.stop('SIGTERM');
    expect(await readdir(runtime)).toEqual([]);
  } finally {
    await rm(runtime, { recursive: true });
  }
});

it('without the token nobody is answered, with it everything is', async () => {
  const { serve, endpoint } = await openProgram();
  await serve();
  const { address, token } = await endpoint();
  const ask = (headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const sent = request({ socketPath: address, path: '/console/api/secrets', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.once('error', reject).end();
    });
  expect(await ask({})).toBe(401);
  expect(await ask({ authorization: `Bearer ${token}x` })).toBe(401);
  expect(await ask({ authorization: token })).toBe(401);
  expect(await ask({ authorization: `Bearer ${token}` })).toBe(200);
});

it.runIf(process.getuid?.() === 0)(
  'another user of the machine is refused by file rights, and the user of the server is not',
  async () => {
    const program = await openProgram();
    await chmod(program.home, 0o777);
    const asOther = { uid: nobody, env: { HOME: '/nonexistent' } };
    const server = await program.serve();
    const { address } = await program.endpoint();
    // As open as somebody could leave it: the folder of the socket is still closed.
    await chmod(program.dataDir, 0o755);
    expect(await program.agentrail(['sessions', 'ls'], asOther)).toMatchObject({ code: 3, out: '' });
    expect(await connectAs(nobody, address)).toBe('EACCES');
    expect(await connectAs(0, address)).toBe('connected');
    expect((await program.agentrail(['sessions', 'ls'])).code).toBe(0);
    await server.stop('SIGTERM');

    // The other way around: a server of that user.
    const own = await openProgram();
    await chmod(own.home, 0o777);
    await own.serve([], asOther);
    expect((await own.agentrail(['sessions', 'ls'], asOther)).code).toBe(0);
    await chmod(own.dataDir, 0o755);
    const third = { uid: nobody - 1, env: { HOME: '/nonexistent' } };
    expect(await own.agentrail(['sessions', 'ls'], third)).toMatchObject({
      code: 3,
      err: expect.stringContaining('belongs to another user'),
    });
  },
);

async function connectAs(uid: number, address: string): Promise<string> {
  const script = `const s = require('net').connect(process.argv[1]); s.on('connect', () => { console.log('connected'); s.destroy(); }); s.on('error', (e) => console.log(e.code));`;
  const child = spawn(process.execPath, ['-e', script, address], {
    uid,
    gid: uid,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk));
  await once(child, 'close');
  return out.trim();
}
