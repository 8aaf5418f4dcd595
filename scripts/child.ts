import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Signals of one key press may arrive twice: from the terminal, and from npm, which passes its own on. */
const sameKeyPressMs = 500;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves with the exit code when the child has ended. A signal counts as 128 and its number, as in a shell. */
export function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

/** The descriptor that `runInForeground` leaves a pipe on: it ends with this process, however that ends. */
export const launcherPipe = 3;

/**
 * Runs a program in the foreground. The first signal is passed on once, so that it ends in order; the second is passed
 * on too, which forces it; the third kills. The child has a process group of its own: a terminal would signal it twice.
 * It can watch `launcherPipe` to end when this process is killed and cannot pass anything on.
 */
export async function runInForeground(command: string, args: string[], options: SpawnOptions = {}): Promise<number> {
  const child = spawn(command, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    detached: process.platform !== 'win32',
    ...options,
  });
  let count = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  const forward = (signal: NodeJS.Signals) => {
    if (performance.now() - lastAt < sameKeyPressMs) return;
    lastAt = performance.now();
    count += 1;
    child.kill(count < 3 ? signal : 'SIGKILL');
  };
  for (const signal of signals) process.on(signal, forward);
  try {
    return await exitOf(child);
  } finally {
    for (const signal of signals) process.off(signal, forward);
  }
}

/** Ends this process in order, as a closed terminal does, when the one that started it is gone. */
export function endWithParent(parent = process.ppid): void {
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGHUP');
  }, 500);
  timer.unref();
}
