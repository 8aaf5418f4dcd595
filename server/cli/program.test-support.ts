import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path, { join } from 'node:path';
import { onTestFinished } from 'vitest';

const main = join(import.meta.dirname, 'main.ts');

/** No Docker: it would be looked for at each start. Compiled once for all the processes of the tests. */
const base = {
  PATH: path.dirname(process.execPath),
  DOCKER_HOST: 'unix:///nowhere/docker.sock',
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../.cache/test/compiled'),
};

export interface Said {
  code: number | null;
  out: string;
  err: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  /** Written to standard input, which then ends. */
  input?: string;
  uid?: number;
}

export interface Running {
  child: ChildProcess;
  pid: number;
  output(): string;
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** The program from its sources, in processes of its own, around one new data directory. */
export async function openProgram(prefix = 'agentrail-cli-') {
  const home = await mkdtemp(join(tmpdir(), prefix));
  const dataDir = join(home, 'data');
  const children = new Set<ChildProcess>();
  onTestFinished(async () => {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(home, { recursive: true, force: true });
  });

  function launch(args: string[], { env = {}, input, uid }: RunOptions = {}) {
    const child = spawn(process.execPath, [main, ...args], {
      cwd: home,
      env: { ...base, HOME: home, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(uid !== undefined && { uid, gid: uid }),
    });
    children.add(child);
    const said = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (said.out += chunk));
    child.stderr.on('data', (chunk: Buffer) => (said.err += chunk));
    // One that ends before it has read everything is none the worse.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    const ended = once(child, 'close').then(([code]) => code as number | null);
    return { child, said, ended };
  }

  return {
    home,
    dataDir,
    /** Runs one command to its end. */
    async agentrail(args: string[], options?: RunOptions): Promise<Said> {
      const { said, ended } = launch([...args, '--data-dir', dataDir], options);
      const code = await ended;
      return { code, ...said };
    },
    /** Without `--data-dir`. */
    async plain(args: string[], options?: RunOptions): Promise<Said> {
      const { said, ended } = launch(args, options);
      const code = await ended;
      return { code, ...said };
    },
    launch: (args: string[], options?: RunOptions) => launch([...args, '--data-dir', dataDir], options),
    /** `agentrail serve` on a free port, once it takes commands. */
    async serve(args: string[] = [], options?: RunOptions): Promise<Running> {
      const { child, said, ended } = launch(['serve', '--port', '0', '--data-dir', dataDir, ...args], options);
      const output = () => said.out + said.err;
      while (!/^Server: /m.test(output())) {
        if (child.exitCode !== null) throw new Error(`The server ended:\n${output()}`);
        await Promise.race([once(child.stdout, 'data'), ended]);
      }
      return {
        child,
        pid: child.pid ?? 0,
        output,
        stop(signal) {
          child.kill(signal);
          return ended;
        },
      };
    },
    async endpoint(): Promise<{ address: string; token: string; instanceId: string; pid: number }> {
      return JSON.parse(await readFile(join(dataDir, 'run/console.json'), 'utf8'));
    },
  };
}

export type TestProgram = Awaited<ReturnType<typeof openProgram>>;
