import { z } from 'zod';
import type { SkillEvent, SubagentEvent } from '../contract/activity.ts';
import type { RunEvent, ToolOutput } from '../contract/events.ts';
import type { ToolCallBlock, ToolResultMessage } from '../contract/messages.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { Logger } from '../telemetry/logger.ts';
import { abortable } from './abortable.ts';
import type { KeepWhole } from './compaction/keep-whole.ts';
import type { Question } from './open-questions.ts';
import type { PermissionCheck } from './permission-check.ts';
import { redactDeep } from './redact-deep.ts';
import type { HookedToolCall, RunHooks } from './run-hooks.ts';
import type { Tool, ToolContext } from './tools/tool.ts';
import { createUpdateThrottle } from './update-throttle.ts';
import { QuestionLeftOpen } from './waiting-room.ts';

/** What the calls of one run share. */
export interface ToolScope {
  tools: ReadonlyMap<string, Tool>;
  tenantId: string;
  userId: string;
  sessionId: string;
  runId: string;
  sandbox(): Promise<Sandbox>;
  redact(text: string): string;
  /** Absent: every call is permitted. */
  permit?: PermissionCheck;
  /** Asks a person on behalf of a call. */
  ask?(toolCallId: string, question: Question, signal: AbortSignal): Promise<string | string[]>;
  logger: Logger;
  clock: Clock;
  /** Cuts what is more than a model should get. Absent: it gets all. */
  keepWhole?: KeepWhole;
  /** Absent: no agents can be called in. */
  agents?: NonNullable<ToolContext['agents']>;
  /** Absent: nothing extends the calls. */
  hooks?: Pick<RunHooks, 'beforeTool' | 'afterTool'>;
}

type Output = ToolOutput & { isError?: boolean };

/** A tool that does not end within this time of the abort is left behind. */
const abortGraceMs = 500;

/** Runs one call and tells of it. Never rejects. Undefined only for a question that stays open. */
export async function runTool(
  asked: ToolCallBlock,
  scope: ToolScope,
  signal: AbortSignal,
  emit: (event: RunEvent) => void,
): Promise<ToolResultMessage | undefined> {
  const named = { toolCallId: asked.id, toolName: asked.name };
  const { call, refusal } = await review(asked, scope, signal);
  let startedAt = scope.clock.monotonic();
  emit({ type: 'tool.before', ...named, args: call.arguments });
  const updates = createUpdateThrottle(scope.clock, (partial) =>
    emit({ type: 'tool.update', ...named, partialResult: redactOutput(partial, scope) }),
  );
  let output: Output;
  try {
    if (refusal !== undefined) throw refusal;
    const ready = check(call, scope);
    signal.throwIfAborted();
    await permit(call, ready, scope, signal);
    // How long people think is not the tool's time.
    startedAt = scope.clock.monotonic();
    const tell = (event: SkillEvent | SubagentEvent) => emit(redactDeep(event, scope.redact));
    output = redactOutput(await execute(call, ready, scope, signal, { onUpdate: updates.push, tell }), scope);
  } catch (error) {
    if (error instanceof QuestionLeftOpen) return undefined;
    output = redactOutput(failure(error, call, scope, signal), scope);
  } finally {
    updates.close();
  }
  if (scope.hooks) output = redactOutput(await scope.hooks.afterTool(hooked(call, scope), output, signal), scope);
  if (scope.keepWhole) output = await scope.keepWhole(call.id, output);
  const isError = output.isError ?? false;
  const durationMs = Math.round(scope.clock.monotonic() - startedAt);
  const { content, details } = output;
  const result: ToolOutput = details === undefined ? { content } : { content, details };
  emit({ type: 'tool.after', ...named, result, isError, durationMs });
  logEnd(call, result, isError, durationMs, scope);
  return { role: 'toolResult', ...named, ...result, isError, timestamp: scope.clock.now() };
}

/** The call as extensions want it: known before the world is told of it, and before it is judged. */
async function review(
  call: ToolCallBlock,
  scope: ToolScope,
  signal: AbortSignal,
): Promise<{ call: ToolCallBlock; refusal?: unknown }> {
  if (!scope.hooks) return { call };
  try {
    // What would not be run anyway is nobody's to change.
    check(call, scope);
    return { call: { ...call, arguments: await scope.hooks.beforeTool(hooked(call, scope), signal) } };
  } catch (refusal) {
    return { call, refusal };
  }
}

function hooked(call: ToolCallBlock, { tenantId, userId, sessionId, runId }: ToolScope): HookedToolCall {
  return { tenantId, userId, sessionId, runId, toolCallId: call.id, toolName: call.name, input: call.arguments };
}

/** A tool with arguments that its schema accepts. */
interface ReadyCall {
  tool: Tool;
  input: unknown;
}

function check(call: ToolCallBlock, scope: ToolScope): ReadyCall {
  if (call.invalid) throw new AppError('invalid_tool_call', `${call.invalid} The tool was not run; call it again.`);
  const tool = scope.tools.get(call.name);
  if (!tool) throw unknownTool(call.name, scope);
  const input = tool.inputSchema.safeParse(call.arguments);
  if (!input.success) {
    throw new AppError(
      'invalid_tool_call',
      `The arguments of ${call.name} are wrong:\n${z.prettifyError(input.error)}`,
    );
  }
  return { tool, input: input.data };
}

/** Throws when the call may not be run. Whatever breaks in here ends the call too. */
async function permit(call: ToolCallBlock, { tool, input }: ReadyCall, scope: ToolScope, signal: AbortSignal) {
  const target = tool.targetOf?.(input);
  const facts = {
    toolName: tool.name,
    reach: tool.reachOf?.(input) ?? tool.reach ?? 'outside',
    ...(target && { target }),
  };
  await scope.permit?.({ ...facts, toolCallId: call.id, args: call.arguments }, signal);
  signal.throwIfAborted();
}

async function execute(
  call: ToolCallBlock,
  { tool, input }: ReadyCall,
  scope: ToolScope,
  signal: AbortSignal,
  voice: Pick<ToolContext, 'onUpdate' | 'tell'>,
): Promise<Output> {
  const late = lateAbort(signal, scope.clock);
  try {
    const { tenantId, userId, sessionId, runId, logger, sandbox } = scope;
    const about = { tenantId, userId, sessionId, runId, toolCallId: call.id, signal };
    const ask = (question: Question) => scope.ask?.(call.id, question, signal) ?? Promise.reject(nobodyThere());
    const agents = scope.agents ? { agents: scope.agents } : {};
    const context: ToolContext = { ...about, ...voice, ...agents, sandbox, ask, logger };
    return await abortable(startTool(tool, input, context), late.signal);
  } finally {
    late.close();
  }
}

/** A tool that throws before it returns its promise fails like any other. */
async function startTool(tool: Tool, input: unknown, context: ToolContext): Promise<Output> {
  return tool.execute(input, context);
}

/** A signal that follows another one after the grace in which a tool may still tell what it has. */
function lateAbort(signal: AbortSignal, clock: Clock): { signal: AbortSignal; close(): void } {
  const late = new AbortController();
  const over = new AbortController();
  const onAbort = () => {
    clock.sleep(abortGraceMs, over.signal).then(
      () => late.abort(signal.reason),
      () => undefined,
    );
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    signal: late.signal,
    close() {
      signal.removeEventListener('abort', onAbort);
      over.abort();
    },
  };
}

function nobodyThere(): AppError {
  return new AppError('nobody_there', 'Nobody can be asked in this run. Decide without an answer.');
}

function unknownTool(name: string, scope: ToolScope): AppError {
  const names = [...scope.tools.keys()].join(', ');
  return new AppError(
    'unknown_tool',
    `There is no tool "${name}". ${names ? `There are: ${names}.` : 'There are none.'}`,
  );
}

/** What the model is told. The words of an unforeseen error may hold paths of this machine, so they only go to the log. */
function failure(error: unknown, call: ToolCallBlock, scope: ToolScope, signal: AbortSignal): Output {
  if (signal.aborted) return textOutput('The run was aborted before this tool ended.');
  if (error instanceof AppError) return { ...textOutput(error.message), details: { code: error.code } };
  scope.logger.error(`${call.name} failed: ${messageOf(error)}`, {
    toolCallId: call.id,
    stack: error instanceof Error ? error.stack : undefined,
  });
  return {
    ...textOutput(`${call.name} failed because of a fault of its own. Try another way.`),
    details: { code: 'internal' },
  };
}

function textOutput(text: string): Output {
  return { content: [{ type: 'text', text }], isError: true };
}

function redactOutput<T extends ToolOutput>(output: T, { redact }: ToolScope): T {
  return {
    ...output,
    content: output.content.map((block) => (block.type === 'text' ? { ...block, text: redact(block.text) } : block)),
    ...(output.details === undefined ? {} : { details: redactDeep(output.details, redact) }),
  };
}

/** For instance "Bash exit 0 in 11 ms". */
function logEnd(call: ToolCallBlock, result: ToolOutput, isError: boolean, durationMs: number, scope: ToolScope): void {
  const exitCode = exitCodeOf(result.details);
  const outcome = exitCode === undefined ? (isError ? 'failed' : 'ok') : `exit ${exitCode}`;
  scope.logger.log(isError ? 'warn' : 'info', `${call.name} ${outcome} in ${durationMs} ms`, {
    toolCallId: call.id,
    durationMs,
    isError,
  });
}

function exitCodeOf(details: unknown): number | undefined {
  if (typeof details !== 'object' || details === null || !('exitCode' in details)) return undefined;
  return typeof details.exitCode === 'number' ? details.exitCode : undefined;
}
