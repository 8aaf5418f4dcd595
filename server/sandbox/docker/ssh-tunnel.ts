import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { sandboxFault } from '../faults.ts';
import type { SshAddress } from './endpoint.ts';
import { sshFault } from './ssh-faults.ts';

const readyTimeoutMs = 20_000;
const probeTimeoutMs = 10_000;
/** How long ssh's words on a refused channel may come after the channel's end. */
const wordsAfterEndMs = 500;
const restart = { firstMs: 1000, longestMs: 30_000 };
const maxStderr = 4096;
const greeting = 'agentrail\n';

export interface SshTunnelOptions {
  /** Program and first arguments; `ssh` but in tests. */
  command: string[];
  clock: Clock;
  logger: Logger;
}

/** A local socket that leads to the engine's socket on another machine, through a child process of ours. */
export interface SshTunnel {
  /** The socket's path, when the way stands to its end; starts anew when it does not. Throws `docker_ssh_…`. */
  open(address: SshAddress): Promise<string>;
  /** Ends the child and takes the socket away. Idempotent. */
  close(): Promise<void>;
}

/**
 * One `ssh` with a forwarded socket, started again when it ends. Its remote command is `cat`: its echo tells that the way
 * stands, and the end of its stdin, which comes with our death, too, ends ssh on both sides.
 */
export function createSshTunnel(options: SshTunnelOptions): SshTunnel {
  const { clock, logger } = options;
  const closing = new AbortController();
  let folder: Promise<string> | undefined;
  let current: { child: ChildProcessWithoutNullStreams; stderr: () => string } | undefined;
  let starting: Promise<void> | undefined;

  const socketPath = async () => {
    folder ??= mkdtemp(join(tmpdir(), 'agentrail-ssh-'));
    return join(await folder, 'engine.sock');
  };

  async function start(address: SshAddress): Promise<void> {
    const path = await socketPath();
    closing.signal.throwIfAborted();
    const [program = 'ssh', ...first] = options.command;
    const child = spawn(program, [...first, ...sshArguments(address, path)], { windowsHide: true });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-maxStderr);
    });
    child.stdin.on('error', () => undefined);
    try {
      await greet(child, clock, () => stderr);
    } catch (fault) {
      child.kill();
      throw fault;
    }
    current = { child, stderr: () => stderr };
    child.once('exit', () => {
      current = undefined;
      if (!closing.signal.aborted) {
        logger.warn('The ssh connection to the engine ended; it is made again.', { said: stderr.trim() });
        void startAgain(address);
      }
    });
    if (child.exitCode !== null || child.signalCode !== null) {
      current = undefined;
      throw sandboxFault(sshFault(stderr), { said: stderr });
    }
  }

  function startOnce(address: SshAddress): Promise<void> {
    starting ??= start(address).finally(() => {
      starting = undefined;
    });
    return starting;
  }

  async function startAgain(address: SshAddress): Promise<void> {
    for (let delayMs = restart.firstMs; !closing.signal.aborted; delayMs = Math.min(delayMs * 2, restart.longestMs)) {
      try {
        await clock.sleep(delayMs, closing.signal);
        if (!current) {
          await startOnce(address);
        }
        return;
      } catch (fault) {
        if (!closing.signal.aborted) {
          logger.debug('The ssh connection is not back yet.', { code: (fault as AppError).code });
        }
      }
    }
  }

  return {
    async open(address) {
      if (!current) {
        await startOnce(address);
      }
      const path = await socketPath();
      if (!(await reachesEngine(path))) {
        await clock.sleep(wordsAfterEndMs);
        throw sandboxFault('docker_ssh_forwarding', { said: current?.stderr() ?? '' });
      }
      return path;
    },
    async close() {
      closing.abort();
      await starting?.catch(() => undefined);
      const child = current?.child;
      if (child && child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill();
        await ended;
      }
      const made = await folder;
      await (made && rm(made, { recursive: true, force: true }));
    },
  };
}

function sshArguments({ user, host, port, socketPath }: SshAddress, localPath: string): string[] {
  const settings = {
    BatchMode: 'yes',
    ExitOnForwardFailure: 'yes',
    ConnectTimeout: '10',
    ServerAliveInterval: '15',
    ServerAliveCountMax: '3',
    StreamLocalBindMask: '0177',
    StreamLocalBindUnlink: 'yes',
    // What a person has set up for typing would take the connection out of our hands.
    ControlMaster: 'no',
    ControlPath: 'none',
    RemoteCommand: 'none',
    // Quieter ones keep to themselves why a channel was refused.
    LogLevel: 'INFO',
  };
  return [
    '-T',
    ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
    '-L',
    `${localPath}:${socketPath}`,
    '--',
    host,
    'cat',
  ];
}

/** Resolves when the other side has echoed our greeting: signed in, and the forward stands. */
function greet(child: ChildProcessWithoutNullStreams, clock: Clock, stderr: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const settled = new AbortController();
    let echoed = '';
    const settle = (act: () => void) => {
      if (!settled.signal.aborted) {
        settled.abort();
        act();
      }
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      // A login script may say something first.
      echoed = (echoed + text).slice(-maxStderr);
      if (echoed.includes(greeting)) {
        settle(resolve);
      }
    });
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const fault = cause.code === 'ENOENT' ? 'docker_ssh_missing' : 'docker_ssh_unreachable';
      settle(() => reject(sandboxFault(fault, { cause })));
    });
    child.once('close', () => settle(() => reject(sandboxFault(sshFault(stderr()), { said: stderr() }))));
    clock.sleep(readyTimeoutMs, settled.signal).then(
      () => settle(() => reject(sandboxFault('docker_ssh_unreachable', { said: stderr() }))),
      () => undefined,
    );
    child.stdin.write(greeting);
  });
}

/** Whether anything at all answers at the end of the way. */
function reachesEngine(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (isReached: boolean) => {
      socket.destroy();
      resolve(isReached);
    };
    socket.setTimeout(probeTimeoutMs, () => end(false));
    socket.on('connect', () => socket.write('GET /_ping HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n'));
    socket.on('data', () => end(true));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
  });
}
