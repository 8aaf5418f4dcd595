import { randomBytes } from 'node:crypto';
import type { ToolOutput } from '../../contract/events.ts';
import { AppError } from '../../lib/app-error.ts';
import type { ExecRequest, ExecResult, Sandbox } from '../../sandbox/sandbox.ts';
import { takeNews } from './background-status.ts';
import { createLiveOutput } from './live-output.ts';
import { orAborted } from './or-aborted.ts';
import type { Output } from './output.ts';
import type { ToolContext } from './tool.ts';

export const defaultTimeoutMs = 120_000;
export const maxTimeoutMs = 600_000;

const mebibyte = 1024 * 1024;
/** What of an output is looked at here: its beginning, then nothing but its end. */
const limits = { maxOutputBytes: 8 * mebibyte, tailBytes: 256 * 1024, isOutputKept: false };
/** More than this is kept whole in a file of the sandbox. */
const spillAfterBytes = mebibyte;
const maxSpillBytes = 64 * mebibyte;

/** Killing a tree politely takes longer than an abort may: after this it goes on without us. */
const abortGraceMs = 700;

/** For people and programs. */
export interface CommandDetails {
  exitCode: number | null;
  signal: string | null;
  endedBy: ExecResult['endedBy'];
  durationMs: number;
  missingCharacters: number;
}

export interface CommandRun {
  request: Pick<ExecRequest, 'command' | 'cwd' | 'env' | 'stdin'>;
  timeoutMs: number;
}

/** Runs a command with live output. The result reads like a terminal, then says how it ended when that was not exit 0. */
export async function runCommand(
  sandbox: Sandbox,
  context: ToolContext,
  { request, timeoutMs }: CommandRun,
): Promise<ToolOutput & { isError: boolean; details: CommandDetails }> {
  using live = createLiveOutput(context.onUpdate);
  const startedAt = performance.now();
  const running = sandbox.exec({
    ...request,
    ...limits,
    timeoutMs,
    signal: context.signal,
    onOutput: live.add,
    onGap: live.leaveGap,
    spill: { path: newSpillPath(), afterBytes: spillAfterBytes, maxBytes: maxSpillBytes },
  });
  const result = await orAborted(running, context.signal, abortGraceMs).catch((error: unknown) => {
    if (!context.signal.aborted) throw error;
    return leftToItsEnd(performance.now() - startedAt);
  });
  live.end();
  // It throws when the sandbox is lost: what there is to tell besides waits for the next result then.
  const ending = describeEnding(result, timeoutMs, sandbox.info.memoryLimitBytes);
  const news = takeNews(sandbox);
  return {
    content: [{ type: 'text', text: joinParts(live.output, result, [ending ?? '', news]) }],
    isError: ending !== undefined,
    details: {
      exitCode: result.exitCode,
      signal: result.signal,
      endedBy: result.endedBy,
      durationMs: result.durationMs,
      missingCharacters: live.output.missingCharacters(),
    },
  };
}

/** What there is to say when an abort takes longer than we may wait: the sandbox goes on killing. */
function leftToItsEnd(durationMs: number): ExecResult {
  const nothing = new Uint8Array();
  return {
    exitCode: null,
    signal: null,
    endedBy: 'abort',
    stdout: nothing,
    stderr: nothing,
    truncatedBytes: 0,
    durationMs,
  };
}

function newSpillPath(): string {
  return `/workspace/.agentrail/output/${Date.now().toString(36)}-${randomBytes(4).toString('hex')}.log`;
}

function joinParts(output: Output, result: ExecResult, more: string[]): string {
  const printed = output.text().trimEnd();
  const dropped = describeDropped(result, output.missingCharacters());
  const parts = [printed || (dropped === '' && more[0] === '' ? '(no output)' : ''), dropped, ...more];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** '' when everything that was printed can be shown. */
function describeDropped({ truncatedBytes, spilled }: ExecResult, missingCharacters: number): string {
  if (!spilled)
    return truncatedBytes === 0 ? '' : `[The command printed too much; ${truncatedBytes} bytes were dropped]`;
  if (truncatedBytes === 0 && missingCharacters === 0) return '';
  const whole = spilled.bytes < maxSpillBytes ? 'All output' : `The first ${spilled.bytes} bytes of the output`;
  return `[The command printed too much to show. ${whole}: ${spilled.path}]`;
}

/** Nothing when it ended well. */
function describeEnding(result: ExecResult, timeoutMs: number, memoryBytes: number): string | undefined {
  switch (result.endedBy) {
    case 'exit':
      if (result.signal !== null) return `The command was ended by signal ${result.signal}.`;
      return result.exitCode === 0 ? undefined : `Exit code ${result.exitCode}`;
    case 'timeout':
      return `The command was stopped after ${timeoutMs} ms, its timeout; everything it had started was killed. Give a longer timeout (up to ${maxTimeoutMs}), or do the work in smaller pieces.`;
    case 'abort':
      return 'The command was stopped: the run was aborted.';
    case 'oom':
      return `The command was killed: the sandbox ran out of memory (${Math.round(memoryBytes / 1_048_576)} MiB). Do the work in smaller pieces.`;
    case 'disk':
      return 'The command was stopped: the workspace is over its size limit. Delete what is not needed, then go on.';
    case 'lost':
      throw new AppError(
        'sandbox_lost',
        'The sandbox vanished while the command ran. Files in /workspace are kept, running programs are gone. Try again.',
        { status: 503 },
      );
  }
}
