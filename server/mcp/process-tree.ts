import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../lib/clock.ts';

export interface TreeOptions {
  command: string;
  args: readonly string[];
  /** All that it gets. */
  env: Readonly<Record<string, string>>;
  cwd: string;
  clock: Clock;
}

/** A process with everything that it starts: on POSIX systems one process group. */
export interface ProcessTree {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** How it ended, in words. What it left behind is killed then. */
  readonly ended: Promise<string>;
  /** Ends its input, then asks the group to end, then kills it. Resolves when it is gone. Idempotent, never rejects. */
  close(): Promise<void>;
}

const politeMs = 700;
const termMs = 2000;
/** What was killed is gone within moments; what waits to be reaped by others is not waited for. */
const killMs = 500;
const lookMs = 25;
const isWindows = process.platform === 'win32';

/**
 * Waits until its input ends, which is when the process at its other end is gone, and ends the group then: it is how
 * programs that do not watch their own input end after a SIGKILL of ours.
 */
const watchdogScript = 'read -r _; kill -TERM "-$1" 2>/dev/null; sleep 2; kill -KILL "-$1" 2>/dev/null';

/** Starts a program in a group of its own. Rejects when it cannot be started. */
export async function startTree(options: TreeOptions): Promise<ProcessTree> {
  const { command, args, env, cwd, clock } = options;
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(command, args, {
    env,
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: !isWindows,
    windowsHide: true,
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      child.off('error', reject);
      resolve();
    });
  });
  const pid = child.pid ?? 0;
  // Later errors are about signals and pipes of a process that is gone.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  const watchdog = isWindows ? undefined : startWatchdog(pid, env.PATH);
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) =>
      resolve(signal ? `It was ended by ${signal}.` : `It ended with code ${code}.`),
    );
  });
  let closing: Promise<void> | undefined;

  async function closeOnce(): Promise<void> {
    child.stdin.end();
    await untilGone(politeMs);
    if (isGroupThere(pid, child)) {
      await signalTree(pid, child, 'SIGTERM');
      await untilGone(termMs);
      await signalTree(pid, child, 'SIGKILL');
      await untilGone(killMs);
    }
    await exited;
    watchdog?.kill('SIGKILL');
    // A grandchild in a group of its own may hold the other ends.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  }

  async function untilGone(ms: number): Promise<void> {
    const end = clock.monotonic() + ms;
    while (isGroupThere(pid, child) && clock.monotonic() < end) await clock.sleep(lookMs);
  }

  const close = () => (closing ??= closeOnce());
  const ended = exited.then(async (words) => {
    await close();
    return words;
  });
  return { pid, stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended, close };
}

function startWatchdog(group: number, path: string | undefined): ChildProcess {
  const watchdog = spawn('/bin/sh', ['-c', watchdogScript, 'sh', String(group)], {
    env: path === undefined ? {} : { PATH: path },
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // Without a shell there is no watchdog; servers that watch their input end all the same.
  watchdog.on('error', () => undefined);
  watchdog.stdin?.on('error', () => undefined);
  // It must not keep this process alive.
  watchdog.unref();
  return watchdog;
}

function isGroupThere(pid: number, child: ChildProcess): boolean {
  if (isWindows) return child.exitCode === null && child.signalCode === null;
  return send(-pid, 0);
}

async function signalTree(pid: number, child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (!isWindows) {
    send(-pid, signal);
    return;
  }
  // Windows knows neither groups nor a polite request: the tree is found by its parents.
  if (signal === 'SIGTERM') return;
  await new Promise<void>((resolve) => {
    const killer = spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true });
    killer.once('error', () => {
      child.kill();
      resolve();
    });
    killer.once('exit', () => resolve());
  });
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
