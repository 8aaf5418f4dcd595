import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import type { TempHome } from './temp-home.ts';

const program = join(import.meta.dirname, '../../dist/main/agentrail.js');

/** The built program as `agentrail console --no-open`, in a process of its own on free ports. */
export interface ConsoleProgram {
  /** Signs a browser in, once. */
  link: string;
  /** `http://127.0.0.1:<port>` */
  consoleUrl: string;
  /** Names the containers that this process made. */
  instanceId: string;
  output(): string;
  /** Ctrl-C; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** `kill -9`; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Resolves when the server listens, or could not: `port` is the agent server's, by default any that is free. */
export async function startConsole(
  home: TempHome,
  port = 0,
  verb: readonly string[] = ['console', '--no-open'],
): Promise<ConsoleProgram> {
  const ports = ['--port', String(port), '--console-port', '0'];
  const child = spawn(process.execPath, [program, ...verb, '--data-dir', home.dataDir, ...ports], {
    cwd: home.dir,
    env: home.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const output = collect(child);
  const found = async (pattern: RegExp) => {
    await expect.poll(() => pattern.test(output()) || child.exitCode !== null, { timeout: 30_000 }).toBe(true);
    const match = pattern.exec(output())?.[1];
    if (match === undefined) throw new Error(`The console ended before it told ${pattern}:\n${output()}`);
    return match;
  };
  const link = await found(/^Console: (http\S+)/m);
  await found(/^Server: +(\S+)/m);
  const lock = JSON.parse(await readFile(join(await placeOf(home), 'lock'), 'utf8')) as { instanceId: string };
  const end = async (signal: 'SIGINT' | 'SIGKILL') => {
    child.kill(signal);
    return exited;
  };
  return {
    link,
    consoleUrl: new URL(link).origin,
    instanceId: lock.instanceId,
    output,
    stop: () => end('SIGINT'),
    kill: async () => void (await end('SIGKILL')),
  };
}

/** Where the data directory is by now: a move leaves word of it. */
async function placeOf({ dataDir }: TempHome): Promise<string> {
  const mark = await readFile(join(dataDir, 'moved.json'), 'utf8').catch(() => undefined);
  return mark === undefined ? dataDir : (JSON.parse(mark) as { to: string }).to;
}

/** One command of the built program on the data directory of `home`, to its end. */
export async function runCommandLine(home: TempHome, args: readonly string[]): Promise<{ code: number; out: string }> {
  const child = spawn(process.execPath, [program, ...args, '--data-dir', home.dataDir], {
    cwd: home.dir,
    env: home.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out = collect(child);
  const [code] = (await once(child, 'close')) as [number];
  return { code, out: out() };
}

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      text += chunk;
    });
  return () => text;
}

/** The configuration file that the next start reads. JSON is YAML. */
export async function writeConfig(home: TempHome, config: object): Promise<void> {
  await writeFile(join(home.dir, 'agentrail.yaml'), JSON.stringify(config, null, 2));
}
