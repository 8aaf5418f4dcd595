import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

/** A server of the benchmark in a process of its own. */
export interface ChildServer {
  readonly port: number;
  readonly pid: number;
  /** User and system time of all its threads so far. */
  cpuMs(): Promise<number>;
  residentBytes(): Promise<number>;
  /** Asks it to end, and makes it end after a while. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  args: string[];
  env?: Record<string, string>;
  /** Finds the port in what the program printed so far. Default: `listening <port>`. */
  portIn?(output: string): number | undefined;
}

const startMs = 30_000;
const stopMs = 15_000;
/** Linux counts processor time in these; it is 100 per second on every machine that Node runs on. */
const tickMs = 10;

export async function startChild({ args, env = {}, portIn = listeningPort }: ChildOptions): Promise<ChildServer> {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${args[0]} could not be started.`);
  // However the benchmark ends, its servers end with it.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  const port = await portOf(child, args, portIn);
  return {
    port,
    pid,
    async cpuMs() {
      const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) * tickMs;
    },
    async residentBytes() {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const force = setTimeout(() => child.kill('SIGKILL'), stopMs);
      child.kill('SIGTERM');
      await once(child, 'exit');
      clearTimeout(force);
    },
  };
}

async function portOf(child: ChildProcess, args: string[], portIn: (output: string) => number | undefined) {
  let output = '';
  let errors = '';
  const found = Promise.withResolvers<number>();
  const late = setTimeout(() => found.reject(new Error(`${args[0]} did not come up: ${output}${errors}`)), startMs);
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4000);
  });
  child.stdout?.on('data', (chunk: Buffer) => {
    // Once the port is known, the rest is only taken off the pipe.
    if (output === 'known') return;
    output += chunk.toString();
    const port = portIn(output);
    if (port === undefined) return;
    output = 'known';
    found.resolve(port);
  });
  child.once('exit', (code) => found.reject(new Error(`${args[0]} ended with ${code}: ${output}${errors}`)));
  try {
    return await found.promise;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(late);
  }
}

function listeningPort(output: string): number | undefined {
  const port = /^listening (\d+)$/m.exec(output)?.[1];
  return port === undefined ? undefined : Number(port);
}
