import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openProgram } from './program.test-support.ts';

const canary = 'sk-ant-canary-0123456789abcdef';

it('writes files without a key in them, says what changed, and overwrites nothing unasked', async () => {
  const program = await openProgram();
  const out = path.join(program.home, 'out');
  const env = { ANTHROPIC_API_KEY: canary, TAVILY_API_KEY: canary.slice(0, 20) };
  const deploy = (...args: string[]) =>
    program.agentrail(['deploy', '--target', 'compose', '--out', out, ...args], { env });

  const first = await deploy();
  expect(first).toMatchObject({ code: 0, err: '' });
  expect(first.out).toContain(`new      ${path.join(out, 'docker-compose.yml')}`);
  for (const name of await filesIn(out)) expect(await readFile(path.join(out, name), 'utf8')).not.toContain('canary');
  expect(await readFile(path.join(out, '.env.example'), 'utf8')).toMatch(/^ANTHROPIC_API_KEY=$/m);

  expect(await deploy('--instances', '2')).toMatchObject({
    code: 1,
    err: expect.stringContaining('Nothing was written'),
  });
  const forced = await deploy('--instances', '2', '--force', '--json');
  expect(JSON.parse(forced.out)).toMatchObject({
    files: expect.arrayContaining([{ path: 'balancer.conf', change: 'new', added: expect.any(Number), removed: 0 }]),
  });
  expect(await filesIn(out)).toContain('docker-compose.yml.bak');
});

it('refuses what cannot be in a sentence, and settings that have faults', async () => {
  const program = await openProgram();
  const out = path.join(program.home, 'out');
  const socket = await program.agentrail(['deploy', '--target', 'kubernetes', '--docker', 'socket', '--out', out]);
  expect(socket).toMatchObject({ code: 1, err: expect.stringContaining('Choose remote or none.') });
  const file = path.join(program.home, 'faulty.yaml');
  await writeFile(file, 'server:\n  prot: 3\n');
  const faulty = await program.agentrail(['deploy', '--target', 'compose', '--config', file, '--out', out]);
  expect(faulty.err).toContain('server.prot');
  await expect(readdir(out)).rejects.toThrow('ENOENT');
});

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}
