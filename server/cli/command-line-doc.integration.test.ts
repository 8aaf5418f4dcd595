import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it, vi } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { assistantMessage, userMessage } from '../sessions/conformance.ts';
import { createFileSessionStore } from '../sessions/file-store.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { openProgram, type TestProgram } from './program.test-support.ts';
import { createProgram } from './program.ts';
import { endWithUsage, everyCommand } from './usage.ts';

const doc = path.join(import.meta.dirname, '../../docs/command-line.md');
const main = path.join(import.meta.dirname, 'main.ts');

/** Commands of the page by the word after `sh`: `runs` is only parsed, `server` needs one, the rest works in both ways. */
async function commandsOf(kind: '' | 'server' | 'runs'): Promise<string[]> {
  const text = await readFile(doc, 'utf8');
  const blocks = [...text.matchAll(/^```sh ?(\w*)\n(.*?)^```/gms)];
  return blocks.flatMap(([, of, body = '']) =>
    of === kind
      ? body
          .split('\n')
          .map((line) => line.replace(/ +# .*/, ''))
          .filter(Boolean)
      : [],
  );
}

async function seed({ home, dataDir }: TestProgram): Promise<void> {
  await mkdir(dataDir, { mode: 0o700 });
  const store = createFileSessionStore({ dataDir, logger: silentLogger, clock: systemClock });
  for (const sessionId of ['ses_hello', 'ses_old']) {
    const key = { tenantId: 'default', userId: 'default', sessionId };
    await store.getOrCreate(key, { agentId: 'default', title: `About ${sessionId} 你好` });
    await store.appendMessages(key, [userMessage('Hello?'), assistantMessage('Here.')]);
  }
  await store.close();
  await writeFile(path.join(home, '.env'), 'BRAVE_SEARCH_API_KEY=BSA0123456789abcdef\n');
}

/** In this process where no shell is needed: loading the program anew for each takes a second. */
async function run(line: string): Promise<{ code: number; said: string }> {
  let said = '';
  const hear = (text: string | Uint8Array) => {
    said += String(text);
    return true;
  };
  const writes = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation(hear));
  try {
    const program = createProgram();
    endWithUsage(program, (code) => {
      throw new Error(`exit ${code}: ${said}`);
    });
    await program.parseAsync(line.split(' ').slice(1), { from: 'user' });
    return { code: Number(process.exitCode ?? 0), said };
  } finally {
    process.exitCode = undefined;
    for (const write of writes) write.mockRestore();
  }
}

async function runInShell(line: string, home: string, env: Record<string, string>) {
  const script = `agentrail() { '${process.execPath}' '${main}' "$@"; }; ${line}`;
  const options = { cwd: home, env: { PATH: '/usr/bin:/bin', ...env } };
  const { stdout, stderr } = await promisify(execFile)('/bin/sh', ['-c', script], options);
  return { code: 0, said: stdout + stderr };
}

async function runAll(program: TestProgram, lines: string[]): Promise<void> {
  const env = { AGENTRAIL_DATA_DIR: program.dataDir, HOME: program.home, MY_KEY: 'tvly-0123456789abcdef' };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  vi.stubEnv('DOCKER_HOST', 'unix:///nowhere/docker.sock');
  const before = process.cwd();
  process.chdir(program.home);
  try {
    for (const line of lines) {
      const outcome = await (/[|*$]/.test(line) ? runInShell(line, program.home, env) : run(line));
      // Docker is missing here, and `status` says so.
      const code = line.startsWith('agentrail status') ? 1 : 0;
      expect({ line, ...outcome }).toMatchObject({ line, code });
      expect(outcome.said, line).not.toContain('Unexpected fault');
    }
  } finally {
    process.chdir(before);
    vi.unstubAllEnvs();
  }
}

it('every command of the page works on the data directory itself', async () => {
  const program = await openProgram();
  await seed(program);
  await runAll(program, await commandsOf(''));
});

it('every command of the page works through a running server', async () => {
  const program = await openProgram();
  await seed(program);
  const server = await program.serve();
  await runAll(program, [...(await commandsOf('')), ...(await commandsOf('server'))]);
  expect(await server.stop('SIGTERM')).toBe(0);
});

it('what needs Docker, a provider or a person is understood at least', async () => {
  const lines = await commandsOf('runs');
  for (const line of lines) {
    const program = createProgram();
    let isFound = false;
    const onFound = () => {
      isFound = true;
    };
    for (const command of everyCommand(program)) command.action(onFound);
    endWithUsage(program, (code) => {
      throw new Error(`${line}: exit ${code}`);
    });
    await program.parseAsync(line.split(' ').slice(1), { from: 'user' });
    expect(isFound, line).toBe(true);
  }
  expect(lines.length).toBeGreaterThan(10);
});

it('the page names every verb', async () => {
  const text = await readFile(doc, 'utf8');
  const verbs = createProgram()
    .commands.map((command) => command.name())
    .filter((name) => name !== 'init');
  for (const verb of verbs) expect(text).toContain(`agentrail ${verb}`);
});
