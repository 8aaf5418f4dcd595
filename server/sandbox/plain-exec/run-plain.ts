import type { Clock } from '../../lib/clock.ts';
import type { ContainerEngine, EngineCommand } from '../container-engine.ts';
import { retryUntil } from '../retry-until.ts';

const exitCodeWait = { everyMs: 20, boundMs: 5000 };

export interface PlainRun {
  engine: ContainerEngine;
  containerId: string;
  /** `uid:gid` */
  user: string;
  clock: Clock;
  /** Lets few programs be started at once. */
  inTurn: <T>(task: () => Promise<T>) => Promise<T>;
}

export interface PlainCommand extends Pick<EngineCommand, 'argv' | 'cwd' | 'env'> {
  input?: Uint8Array;
  onStdout(chunk: Buffer): void | Promise<void>;
  onStderr(chunk: Buffer): void;
}

/** Runs a program through the engine; resolves with its exit code, undefined when the engine does not tell any. */
export async function runPlain(run: PlainRun, command: PlainCommand): Promise<number | undefined> {
  const { input } = command;
  const started = await run.inTurn(() =>
    run.engine.execute(
      run.containerId,
      {
        argv: command.argv,
        user: run.user,
        ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
        ...(command.env === undefined ? {} : { env: command.env }),
        hasInput: input !== undefined,
      },
      command.onStderr,
    ),
  );
  // Nobody reads it any more when the program has ended before its input.
  started.input.on('error', () => undefined);
  if (input) {
    started.input.end(input);
  }
  try {
    for await (const chunk of started.output) {
      await command.onStdout(chunk);
    }
  } catch (cause) {
    // A program that ends before its input breaks the connection; its exit code tells how it ended.
    if ((cause as NodeJS.ErrnoException).code !== 'EPIPE' && (cause as NodeJS.ErrnoException).code !== 'ECONNRESET') {
      throw cause;
    }
  }
  started.input.destroy();
  let code: number | undefined;
  await retryUntil(run.clock, exitCodeWait, async () => {
    code = await started.exitCode();
    return code !== undefined;
  });
  return code;
}

/** A short script of ours with its arguments; stdout up to a bound. */
export async function runScript(
  run: PlainRun,
  script: string,
  args: string[],
  { input, maxBytes = 1024 * 1024, signal }: { input?: Uint8Array; maxBytes?: number; signal?: AbortSignal } = {},
): Promise<{ code: number | undefined; stdout: Buffer; isCut: boolean }> {
  const parts: Buffer[] = [];
  let size = 0;
  let isCut = false;
  const code = await runPlain(run, {
    argv: ['/bin/sh', '-c', script, 'sh', ...args],
    cwd: '/workspace',
    ...(input === undefined ? {} : { input }),
    onStdout(chunk) {
      signal?.throwIfAborted();
      const kept = chunk.subarray(0, maxBytes - size);
      isCut ||= kept.length < chunk.length;
      size += kept.length;
      parts.push(kept);
    },
    onStderr: () => undefined,
  });
  return { code, stdout: Buffer.concat(parts), isCut };
}
