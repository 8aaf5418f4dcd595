import type { LanguageModelV4FunctionTool } from '@ai-sdk/provider';
import type { RunEvent, RunUsage, StopReason } from '../contract/events.ts';
import type {
  AssistantMessage,
  Message,
  MessageUsage,
  ToolCallBlock,
  ToolResultMessage,
} from '../contract/messages.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { ModelAnswer, ModelCall } from './call-model.ts';
import { type ChainCall, callModelChain, type ModelChain } from './call-model-fallback.ts';
import { type CallSettings, callOptions } from './call-options.ts';
import { type ContextKeeper, wholeContext } from './compaction/context-keeper.ts';
import { errorResult, toolCallsOf } from './history.ts';
import type { ModelHandle } from './model.ts';
import { addUsage, noUsage } from './run-usage.ts';

/** One model reply with the results of its tool calls. */
export interface FinishedTurn {
  turn: number;
  message: AssistantMessage;
  toolResults: ToolResultMessage[];
  /** Of model calls beside the turn itself: summaries that made room for it. */
  overhead: MessageUsage[];
}

/** Everything that the loop works with; it reaches for nothing else. */
export interface LoopInput {
  model: ModelHandle;
  /** Asked in this order when the model before cannot answer. */
  fallbacks?: readonly ModelHandle[];
  system: string;
  /** Said in front of what the person said last, in every call of this run; no part of the history. */
  aside?: string | undefined;
  /** The history, ending with what the person just said. Not changed. */
  messages: readonly Message[];
  toolSpecs: LanguageModelV4FunctionTool[];
  /** Called before the tools of a message are run. */
  beforeTools?(message: AssistantMessage): Promise<void>;
  /** Answers one call; undefined when it waits for a person longer than the run does. Never rejects. */
  runTool(call: ToolCallBlock): Promise<ToolResultMessage | undefined>;
  maxTurns: number;
  settings: CallSettings;
  signal: AbortSignal;
  clock: Clock;
  /** Must not throw. */
  emit(event: RunEvent): void;
  redact(text: string): string;
  redactStream?: ModelCall['redactStream'];
  pace?: ModelCall['pace'];
  onAnswer?: ModelCall['onAnswer'];
  /** Keeps the prompt within the model's window. Absent: it is sent as it is. */
  context?: ContextKeeper;
  /** Resolves when the turn is stored: only then the world is told that it is complete. */
  saveTurn(turn: FinishedTurn): Promise<void>;
}

export interface LoopEnd {
  stopReason: StopReason;
  fault?: AppError;
  usage: RunUsage;
  /** Of the last call that told its usage: what the context holds now. */
  lastUsage?: MessageUsage;
}

const closingWords =
  'You have used all turns that you may take with tools. Answer now, in words, from what you have; say what is left to do.';

/** Calls the model and runs its tools until it answers in words. Never rejects: faults and abort are its end. */
export async function runLoop(input: LoopInput): Promise<LoopEnd> {
  const context = input.context ?? wholeContext;
  let messages = [...input.messages];
  const chain: ModelChain = { models: [input.model, ...(input.fallbacks ?? [])], failed: new Set() };
  const end: LoopEnd = { stopReason: 'stop', usage: noUsage() };
  try {
    for (let turn = 1; ; turn += 1) {
      const isClosing = turn > input.maxTurns;
      if (isClosing) input.emit({ type: 'max_turns_reached', turnCount: input.maxTurns });
      messages = await context.fit(messages);
      input.emit({ type: 'turn.start', turn });
      let answer = await callModelChain(toChainCall(input, chain, messages, isClosing));
      const shorter = isTooLong(answer) ? await context.shrink(messages) : undefined;
      if (shorter) {
        messages = shorter;
        answer = await callModelChain({ ...toChainCall(input, chain, messages, isClosing), mayChangeForLength: true });
      }
      const overhead = context.takeUsage();
      for (const usage of overhead) addUsage(end.usage, usage);
      const { fault } = answer;
      const message = answer.message && marked(answer.message, context.isShortened(messages));
      if (message) {
        context.counted(messages, message);
        addUsage(end.usage, message.usage);
        if (message.usage.totalTokens > 0) end.lastUsage = message.usage;
        messages = [...messages, message, ...(await finishTurn(input, { turn, message, overhead }))];
      }
      if (fault) return { ...end, stopReason: 'error', fault };
      if (input.signal.aborted || !message) return { ...end, stopReason: 'aborted' };
      if (isClosing) return { ...end, stopReason: 'max_turns' };
      if (toolCallsOf(message).length === 0)
        return { ...end, stopReason: message.stopReason === 'length' ? 'length' : 'stop' };
    }
  } catch (error) {
    for (const usage of context.takeUsage()) addUsage(end.usage, usage);
    if (input.signal.aborted && !(error instanceof AppError)) return { ...end, stopReason: 'aborted' };
    return { ...end, stopReason: 'error', fault: asFault(error) };
  }
}

function isTooLong({ fault, message }: ModelAnswer): boolean {
  return fault?.code === 'prompt_too_long' && message === undefined;
}

function marked(message: AssistantMessage, isPromptShortened: boolean): AssistantMessage {
  return isPromptShortened ? { ...message, isPromptShortened } : message;
}

/** The words of an unforeseen error may hold paths of this machine: they stay in its cause, for the log. */
export function asFault(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError('internal', 'The run ended because of a fault in the server. The log has the details.', {
    cause: error,
  });
}

function toChainCall(input: LoopInput, chain: ModelChain, messages: Message[], isClosing: boolean): ChainCall {
  const memory = [input.aside, input.context?.memory()].filter(Boolean).join('\n\n') || undefined;
  const { system, toolSpecs, settings, signal, clock, emit, redact, redactStream, pace, onAnswer } = input;
  const words = { ...(isClosing ? { closing: closingWords } : {}), ...(memory === undefined ? {} : { memory }) };
  return {
    chain,
    optionsFor: (model) => callOptions({ model, system, messages, toolSpecs, settings, ...words }),
    withoutTools: isClosing,
    signal,
    clock,
    emit,
    redact,
    ...(redactStream ? { redactStream } : {}),
    pace,
    ...(onAnswer ? { onAnswer } : {}),
  };
}

/** Answers every call of the message, stores both, then tells. */
async function finishTurn(input: LoopInput, reply: Omit<FinishedTurn, 'toolResults'>): Promise<ToolResultMessage[]> {
  const { turn, message } = reply;
  const toolResults = await answerCalls(input, message);
  await input.saveTurn({ ...reply, toolResults });
  input.emit({ type: 'turn.complete', turn, message, toolResults, usage: message.usage });
  return toolResults;
}

/** A message that broke off runs nothing, yet its calls get results: history must never hold a call without one. */
async function answerCalls(input: LoopInput, message: AssistantMessage): Promise<ToolResultMessage[]> {
  const calls = toolCallsOf(message);
  if (message.stopReason === 'aborted' || message.stopReason === 'error') {
    const text = 'The answer broke off before this tool was run.';
    return calls.map((call) => errorResult(call, text, input.clock.now()));
  }
  await input.beforeTools?.(message);
  const results = await Promise.all(calls.map((call) => input.runTool(call)));
  return results.filter((result) => result !== undefined);
}
