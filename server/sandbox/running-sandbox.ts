import type { z } from 'zod';
import type { SandboxInfo } from '../contract/sandbox.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { BackgroundCommands, BackgroundRunner } from './background-commands.ts';
import type { CommandLog } from './command-log.ts';
import { type Gateway, noteRefusals } from './egress/gateway.ts';
import { createLiveFiles } from './files/live-files.ts';
import type { ExecRequest, ExecResult, Sandbox } from './sandbox.ts';
import { openTerminal, type TerminalSize } from './terminal/terminal-process.ts';
import type { AgentAnswer, AgentCall, AgentClient, CallControl } from './wire/agent-client.ts';
import { pumpInput } from './wire/input-feed.ts';
import {
  emptyResultSchema as emptyResult,
  entrySchema,
  execResultSchema,
  globResultSchema,
  grepResultSchema,
  maxTailBytes,
  processesSchema,
  shellsResultSchema,
  sizeResultSchema,
} from './wire/messages.ts';

const defaultTimeoutMs = 120_000;
const defaultOutputBytes = 8 * 1024 * 1024;
const defaultFileBytes = 10 * 1024 * 1024;
/** The longest that timers can count: 24 days. */
const endlessMs = 2_000_000_000;
const terminalEnv = { TERM: 'xterm-256color', COLORTERM: 'truecolor', GIT_PAGER: 'less', PAGER: 'less' };
const grepFileBytes = 16 * 1024 * 1024;
/** Lists of paths and matches; far more than the limits of a tool ask for. */
const listBytes = 16 * 1024 * 1024;
const fileTimeoutMs = 60_000;
/** The agent's own bound for killing a tree is 2 s of grace and 4 s of force; then the container itself goes. */
const killBoundMs = 8000;

/** What a running sandbox needs of its manager. */
export interface SandboxScope {
  info(): SandboxInfo;
  agent: AgentClient;
  gateway: Gateway;
  clock: Clock;
  /** Counts a use; the returned function ends it. */
  begin(command?: string, shellId?: string): () => void;
  commandLog: CommandLog;
  background: BackgroundCommands;
  /** Told of each command that ended, but for background commands. */
  onExec(result: Pick<ExecResult, 'endedBy' | 'durationMs'>): void;
  /** Resolves when commands can be run: at once, or after a paused one was resumed. */
  awake(): Promise<void>;
  /** Fires when what runs has to stop for lack of disk; anew for every stop. */
  diskSignal(): AbortSignal;
  /** Throws when the workspace may not grow. */
  checkSpace(): void;
  /** The last resort when something inside does not die: the container is removed. */
  forceEnd(reason: string): Promise<void>;
}

export function createRunningSandbox(scope: SandboxScope): Sandbox {
  const runner: BackgroundRunner = {
    run: (request, shellId) => exec(scope, { ...request, timeoutMs: endlessMs }, { shellId }),
    async append(path, data) {
      const params = { path, size: data.byteLength, append: true };
      await fileCall(scope, { op: 'write', params, input: data, result: sizeResultSchema });
    },
  };
  return {
    get info() {
      return scope.info();
    },
    async exec(request) {
      const result = await exec(scope, request, {});
      scope.onExec(result);
      return result;
    },
    startBackground(request) {
      checkCommand(request.command);
      return scope.background.start(runner, commandLine(request.command), request);
    },
    background: scope.background,
    files: createLiveFiles(scope),
    async shells() {
      return (await scope.agent.call({ op: 'shells', params: {}, result: shellsResultSchema })).result.shells;
    },
    async processes() {
      const params = { path: '.' };
      const call = { op: 'processes' as const, params, result: emptyResult, maxOutputBytes: listBytes };
      return parseOutput((await fileCall(scope, call)).stdout, processesSchema);
    },
    openTerminal: (request) =>
      openTerminal(request, (command, onOutput, terminal, signal) =>
        exec(scope, { command, env: terminalEnv, onOutput, signal, timeoutMs: endlessMs }, { terminal }),
      ),
    async readFile(path, options = {}) {
      const maxBytes = options.maxBytes ?? defaultFileBytes;
      const { stdout } = await fileCall(scope, {
        op: 'read',
        params: { path, maxBytes },
        result: sizeResultSchema,
        maxOutputBytes: maxBytes,
        ...pickSignal(options.signal),
      });
      return stdout;
    },
    async writeFile(path, data, options = {}) {
      await fileCall(scope, {
        op: 'write',
        params: { path, size: data.byteLength },
        input: data,
        result: sizeResultSchema,
        ...pickSignal(options.signal),
      });
    },
    async stat(path) {
      const { stdout } = await fileCall(scope, { op: 'stat', params: { path }, result: emptyResult });
      return parseOutput(stdout, entrySchema) ?? undefined;
    },
    async glob(pattern, { path = '.', limit, signal }) {
      const params = { pattern, path, limit };
      const call = { op: 'glob' as const, params, result: emptyResult, maxOutputBytes: listBytes };
      const { stdout } = await fileCall(scope, { ...call, ...pickSignal(signal) });
      return parseOutput(stdout, globResultSchema);
    },
    async grep({ pattern, path = '.', glob, ignoreCase = false, limit }, signal) {
      const params = { pattern, path, glob, ignoreCase, limit, maxFileBytes: grepFileBytes };
      const call = { op: 'grep' as const, params, result: emptyResult, maxOutputBytes: listBytes };
      const { stdout } = await fileCall(scope, { ...call, ...pickSignal(signal) });
      return parseOutput(stdout, grepResultSchema);
    },
  };
}

interface ExecManner {
  /** It runs in the background, and whoever listens keeps its output. */
  shellId?: string;
  terminal?: { size: TerminalSize; onStart(control: CallControl): void };
}

async function exec(scope: SandboxScope, request: ExecRequest, manner: ExecManner): Promise<ExecResult> {
  const { shellId, terminal } = manner;
  if (request.signal?.aborted) {
    return { ...nothing, endedBy: 'abort', durationMs: 0 };
  }
  checkCommand(request.command);
  const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
  const isBackground = shellId !== undefined || terminal !== undefined;
  const maxOutputBytes = isBackground ? undefined : (request.maxOutputBytes ?? defaultOutputBytes);
  const tailBytes = Math.min(request.tailBytes ?? 0, maxTailBytes);
  if (scope.info().state === 'paused') {
    await scope.awake();
  }
  const startedAt = scope.clock.monotonic();
  const end = scope.begin(commandLine(request.command), shellId);
  const record = scope.commandLog.begin(request.command, { shellId, isTerminal: terminal !== undefined });
  const disk = scope.diskSignal();
  const input = inputOf(request.stdin);
  const signal = request.signal ? AbortSignal.any([request.signal, disk]) : disk;
  const guard = guardKill(scope, timeoutMs, signal);
  try {
    const answer = await scope.agent.call({
      op: 'exec',
      params: {
        ...(Array.isArray(request.command) ? { argv: request.command } : { shell: request.command.shell }),
        cwd: request.cwd ?? '.',
        env: { ...scope.gateway.env(), ...request.env },
        timeoutMs,
        maxOutputBytes,
        tailBytes,
        spill: request.spill,
        killLeftovers: request.killLeftovers ?? true,
        hasInput: input.hasInput,
        ...(terminal && { tty: terminal.size }),
      },
      ...(terminal ? { onStart: terminal.onStart } : input.call),
      result: execResultSchema,
      isOutputKept: request.isOutputKept ?? !isBackground,
      maxOutputBytes: maxOutputBytes === undefined ? Number.POSITIVE_INFINITY : maxOutputBytes + tailBytes,
      onOutput(stream, chunk) {
        record.onOutput(stream, chunk);
        return request.onOutput?.(stream, chunk);
      },
      ...(request.onGap ? { onGap: request.onGap } : {}),
      signal,
    });
    void answer.gone.then(end);
    if (answer.result.survivors > 0) {
      await scope.forceEnd(`${answer.result.survivors} processes could not be killed.`);
    }
    const ended = toExecResult(answer, request, scope.clock.monotonic() - startedAt);
    const result = noteRefusals(scope.gateway, ended, request.onOutput);
    const told: ExecResult = result.endedBy === 'abort' && disk.aborted ? { ...result, endedBy: 'disk' } : result;
    record.ended(told);
    return told;
  } catch (fault) {
    end();
    if (fault instanceof AppError && fault.code === 'sandbox_lost') {
      const durationMs = scope.clock.monotonic() - startedAt;
      const lost: ExecResult = { ...nothing, endedBy: guard.firedFor() ?? 'lost', durationMs };
      record.ended(lost);
      return lost;
    }
    throw fault;
  } finally {
    guard.cancel();
  }
}

/** What comes piece by piece is taken as the command reads it; a source that fails ends the input there. */
function inputOf(stdin: ExecRequest['stdin']): {
  hasInput: boolean;
  call: Pick<AgentCall<unknown>, 'input' | 'onStart'>;
} {
  if (stdin === undefined || (stdin instanceof Uint8Array && stdin.byteLength === 0)) {
    return { hasInput: false, call: {} };
  }
  if (stdin instanceof Uint8Array) {
    return { hasInput: true, call: { input: stdin } };
  }
  const onStart = (control: CallControl) => void pumpInput(stdin, control).then(control.end, control.end);
  return { hasInput: true, call: { onStart } };
}

function checkCommand(command: ExecRequest['command']): void {
  const isEmpty = Array.isArray(command) ? !command[0] : command.shell.trim() === '';
  if (isEmpty) {
    throw new AppError('invalid_command', 'The command is empty. Give a program or a shell line.', { status: 400 });
  }
}

const nothing = {
  exitCode: null,
  signal: null,
  stdout: new Uint8Array(),
  stderr: new Uint8Array(),
  truncatedBytes: 0,
};

function toExecResult(
  answer: AgentAnswer<z.infer<typeof execResultSchema>>,
  { spill }: ExecRequest,
  durationMs: number,
): ExecResult {
  const { code, signal, endedBy, dropped, spilled = 0 } = answer.result;
  const { stdout, stderr } = answer;
  return {
    exitCode: code,
    signal,
    endedBy,
    stdout,
    stderr,
    truncatedBytes: dropped,
    durationMs,
    ...(spill && spilled > 0 ? { spilled: { path: spill.path, bytes: spilled } } : {}),
  };
}

/** Removes the container when the agent does not end a command in the time that it has for it. */
function guardKill(scope: SandboxScope, timeoutMs: number, signal: AbortSignal | undefined) {
  const cancelled = new AbortController();
  let fired: 'timeout' | 'abort' | undefined;

  function watch(ms: number, reason: 'timeout' | 'abort'): void {
    scope.clock.sleep(ms, cancelled.signal).then(
      () => {
        fired = reason;
        return scope.forceEnd('The agent did not end a command in time.');
      },
      () => undefined,
    );
  }
  const onAbort = () => watch(killBoundMs, 'abort');
  watch(timeoutMs + killBoundMs, 'timeout');
  if (signal?.aborted) {
    onAbort();
  }
  signal?.addEventListener('abort', onAbort, { once: true, signal: cancelled.signal });
  return { firedFor: () => fired, cancel: () => cancelled.abort() };
}

async function fileCall<Result>(scope: SandboxScope, call: AgentCall<Result>): Promise<AgentAnswer<Result>> {
  call.signal?.throwIfAborted();
  if (call.op === 'write') {
    scope.checkSpace();
  }
  if (scope.info().state === 'paused') {
    await scope.awake();
  }
  const end = scope.begin();
  const tooLate = new AbortController();
  const timer = new AbortController();
  scope.clock.sleep(fileTimeoutMs, timer.signal).then(
    () => tooLate.abort(),
    () => undefined,
  );
  const signal = call.signal ? AbortSignal.any([call.signal, tooLate.signal]) : tooLate.signal;
  const guard = guardKill(scope, fileTimeoutMs, call.signal);
  try {
    return await scope.agent.call({ ...call, signal });
  } catch (fault) {
    call.signal?.throwIfAborted();
    if (tooLate.signal.aborted) {
      const sentence = 'The file operation took longer than a minute and was stopped. Narrow it.';
      throw new AppError('file_timeout', sentence, { status: 504, cause: fault });
    }
    throw fault;
  } finally {
    guard.cancel();
    timer.abort();
    end();
  }
}

function parseOutput<T>(bytes: Buffer, schema: z.ZodType<T>): T {
  return schema.parse(JSON.parse(bytes.toString('utf8')));
}

function commandLine(command: ExecRequest['command']): string {
  const line = Array.isArray(command) ? command.join(' ') : command.shell;
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}

function pickSignal(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}
