import type { ExecResult } from '../sandbox.ts';
import type { CallControl } from '../wire/agent-client.ts';

export interface TerminalSize {
  cols: number;
  rows: number;
}

export interface TerminalRequest {
  /** A program and its arguments, mostly a shell. */
  command: string[];
  size: TerminalSize;
  /** As `onOutput` of a command: the program waits while promises that it gave are open. Must not throw. */
  onOutput: (chunk: Uint8Array) => void | Promise<void>;
}

/** One program on a terminal. After its end everything said to it is forgotten. */
export interface TerminalProcess {
  /** As if typed. Resolves when the sandbox took it. */
  write(bytes: Uint8Array): Promise<void>;
  resize(size: TerminalSize): void;
  /** To the foreground group. */
  signal(name: string): void;
  /** Ends all of it, as when a command is aborted. */
  close(): void;
  /** How it ended; rejects when it could not be started. */
  readonly ended: Promise<ExecResult>;
}

type Run = (
  command: string[],
  onOutput: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void | Promise<void>,
  terminal: { size: TerminalSize; onStart(control: CallControl): void },
  signal: AbortSignal,
) => Promise<ExecResult>;

export function openTerminal({ command, size, onOutput }: TerminalRequest, run: Run): TerminalProcess {
  const closing = new AbortController();
  const control = Promise.withResolvers<CallControl | undefined>();
  const ended = run(command, (_, chunk) => onOutput(chunk), { size, onStart: control.resolve }, closing.signal).finally(
    () => control.resolve(undefined),
  );
  // Told to whoever waits for the end.
  ended.catch(() => undefined);
  return {
    ended,
    async write(bytes) {
      await (await control.promise)?.write(bytes);
    },
    resize: (next) => void control.promise.then((known) => known?.resize(next)),
    signal: (name) => void control.promise.then((known) => known?.signal(name)),
    close: () => closing.abort(),
  };
}
