import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openProgram } from './program.test-support.ts';

const main = path.join(import.meta.dirname, 'main.ts');

/** Runs one command under a umask that takes no right away, as some containers and services have it. */
async function underOpenUmask(home: string, args: string[], input = ''): Promise<string> {
  const child = spawn('/bin/sh', ['-c', 'umask 000; exec "$0" "$@"', process.execPath, main, ...args], {
    cwd: home,
    env: { PATH: path.dirname(process.execPath), HOME: home, DOCKER_HOST: 'unix:///nowhere/docker.sock' },
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk));
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}:\n${said}`);
  return said;
}

async function openToOthers(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const { mode } = await lstat(file);
    if ((mode & 0o077) !== 0) found.push(`${(mode & 0o777).toString(8)} ${path.relative(folder, file)}`);
  }
  return found.sort();
}

it('nothing in the data directory can be read by others, whatever the umask', async () => {
  const program = await openProgram();
  const server = spawn(
    '/bin/sh',
    ['-c', 'umask 000; exec "$0" "$@"', process.execPath, main, 'serve', '--port', '0', '--data-dir', program.dataDir],
    {
      cwd: program.home,
      env: { PATH: path.dirname(process.execPath), HOME: program.home, DOCKER_HOST: 'unix:///nowhere/docker.sock' },
    },
  );
  try {
    let said = '';
    server.stdout.on('data', (chunk: Buffer) => (said += chunk));
    await expect.poll(() => said, { timeout: 20_000 }).toMatch(/^Server: {2}http/m);
    const address = /^Server: {2}(http:\/\/[\d.:]+)/m.exec(said)?.[1] ?? '';
    const post = (route: string, body: unknown) =>
      fetch(`${address}${route}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      }).then(({ status }) => status);
    const base64 = Buffer.from('Kept text.').toString('base64');
    const attachments = [{ name: 'note.txt', mimeType: 'text/plain', base64 }];
    expect(await post('/api/chat', { message: 'Hello', attachments })).toBe(200);
    const of = ['--data-dir', program.dataDir];
    await underOpenUmask(program.home, ['secrets', 'set', 'TAVILY_API_KEY', ...of], 'tvly-0123456789abcdef');
    await underOpenUmask(program.home, ['tokens', 'create', 'reader', ...of]);
    await underOpenUmask(program.home, ['backup', ...of]);
    const names = await readdir(program.dataDir, { recursive: true });
    for (const made of ['vault.json', 'api-tokens.json', 'run/console.sock', 'tenants/default/index.sqlite']) {
      expect(names).toContain(made);
    }
    expect(names.filter((name) => /^(?:logs|backups)\/./.test(name)).length).toBeGreaterThan(1);
    expect(await openToOthers(program.dataDir)).toEqual([]);
  } finally {
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
  }

  // The walk itself sees what is open.
  await writeFile(path.join(program.dataDir, 'open.txt'), '', { mode: 0o644 });
  expect(await openToOthers(program.dataDir)).toEqual(['644 open.txt']);
});
