import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const root = join(import.meta.dirname, '..');
const console_ = join(root, 'server/cli/main.ts');
let home: string;
let launcher: ChildProcess | undefined;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'agentrail-start-'));
});
afterEach(async () => {
  launcher?.kill('SIGKILL');
  await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

const lockFile = () => join(home, 'data/lock');

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The console from its sources, in the foreground of a launcher as `npm start` has it. Resolves with its process id. */
async function startUnder(shell: boolean): Promise<number> {
  const code = `
    const child = await import(${JSON.stringify(join(root, 'scripts/child.ts'))});
    child.endWithParent();
    process.exit(await child.runInForeground(process.execPath, [${JSON.stringify(console_)}, 'console',
      '--launcher-pipe=' + child.launcherPipe, '--no-open', '--no-start', '--console-port', '0', '--data-dir', 'data']));
  `;
  const args = ['--input-type=module', '-e', code];
  const env = { PATH: process.env.PATH, HOME: home };
  const options = { cwd: home, env, stdio: ['ignore', 'pipe', 'inherit'] as const };
  const spawned = shell
    ? spawn('sh', ['-c', '"$@" & wait', 'sh', process.execPath, ...args], { ...options, stdio: [...options.stdio] })
    : spawn(process.execPath, args, { ...options, stdio: [...options.stdio] });
  launcher = spawned;
  let output = '';
  spawned.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  await vi.waitFor(() => expect(output).toContain('Console: http'), { timeout: 30_000 });
  return (JSON.parse(await readFile(lockFile(), 'utf8')) as { pid: number }).pid;
}

test.each([
  ['the launcher', false],
  ['what started the launcher', true],
])('when %s is killed, the console ends in order and frees its data directory', async (_what, isBelowShell) => {
  const pid = await startUnder(isBelowShell);
  expect(isRunning(pid)).toBe(true);
  launcher?.kill('SIGKILL');
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 20_000, interval: 100 });
  expect(existsSync(lockFile())).toBe(false);
});

test('while the launcher lives, so does the console', async () => {
  const pid = await startUnder(false);
  await new Promise((resolve) => setTimeout(resolve, 1500)); // longer than it takes to notice an end
  expect(isRunning(pid)).toBe(true);
  launcher?.kill('SIGTERM');
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 20_000, interval: 100 });
});
