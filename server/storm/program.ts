import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface ProgramOptions {
  dataDir: string;
  /** Added to the few variables that the program gets. */
  env?: Record<string, string>;
  /** Arguments of Node, before the program's own. */
  nodeArguments?: string[];
  /** Words of a shell that start what comes after them, for instance to lower a limit. */
  through?: string[];
}

/** The real program, `agentrail serve`, as a process of its own. */
export interface Program {
  readonly pid: number;
  /** Address of the agent API; rejects with what the program said when it ended before it listened. */
  readonly base: Promise<string>;
  readonly ended: Promise<number | null>;
  /** Everything that it printed so far. */
  output(): string;
  hasEnded(): boolean;
  /** Resolves when the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

const address = /Server: {2}(http:\/\/127\.0\.0\.1:\d+)/;

/** Without Docker, so that it is up in a moment and leaves nothing outside its data directory. */
export function startProgram({ dataDir, env, nodeArguments = [], through = [] }: ProgramOptions): Program {
  const main = path.join(import.meta.dirname, '../cli/main.ts');
  const words = [...through, process.execPath, ...nodeArguments, main, 'serve', '--port', '0', '--data-dir', dataDir];
  const [command = process.execPath, ...rest] = words;
  const child = spawn(command, rest, {
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: dataDir,
      DOCKER_HOST: 'unix:///nonexistent/docker.sock',
      // Most of a start is reading the program's own source.
      NODE_COMPILE_CACHE: path.join(tmpdir(), 'agentrail-storm-cache'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  // `close` comes after the last output, `exit` may not.
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const base = baseOf(child, () => output, ended);
  base.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    base,
    ended,
    output: () => output,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      await ended;
    },
  };
}

function baseOf(child: ChildProcess, output: () => string, ended: Promise<unknown>): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const found = address.exec(output())?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout?.on('data', look);
    child.once('error', reject);
    ended.then(() => reject(new Error(`The program ended before it listened:\n${output()}`)), reject);
  });
}
