import type { RunEvent } from '../contract/events.ts';
import type { AssistantMessage, MessageUsage } from '../contract/messages.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { abortable } from './abortable.ts';
import type { LoopEnd } from './loop.ts';
import { createMessageEmitter } from './message-emitter.ts';
import type { Reply } from './run-hooks.ts';
import { noUsage } from './run-usage.ts';
import type { SessionDesk } from './session-desk.ts';

export interface AnsweredRunOptions {
  by: string;
  reply: Reply;
  desk: SessionDesk;
  clock: Clock;
  redact(text: string): string;
  signal: AbortSignal;
  emit(event: RunEvent): void;
}

const nothing: MessageUsage = {
  ...{ input: 0, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 0 },
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
};

/** One turn that a plugin answers: told like the model's, and no part of the history. Throws AppError. */
export async function answerInstead(options: AnsweredRunOptions): Promise<LoopEnd> {
  const { by, clock, emit, signal } = options;
  emit({ type: 'turn.start', turn: 1 });
  const text = options.redact(await wordsOf(options));
  signal.throwIfAborted();
  const message: AssistantMessage = {
    role: 'assistant',
    content: [{ type: 'text', text }],
    provider: 'plugin',
    model: by,
    usage: nothing,
    stopReason: 'stop',
    timestamp: clock.now(),
  };
  const emitter = createMessageEmitter(emit);
  emitter.step({ type: 'text_start', contentIndex: 0 });
  emitter.step({ type: 'text_delta', contentIndex: 0, delta: text });
  emitter.step({ type: 'text_end', contentIndex: 0 });
  emitter.end(message);
  emit({ type: 'turn.complete', turn: 1, message, toolResults: [], usage: nothing });
  return { stopReason: 'stop', usage: noUsage() };
}

async function wordsOf({ by, reply, desk, signal }: AnsweredRunOptions): Promise<string> {
  if (typeof reply === 'string') return reply;
  try {
    return String(await abortable(Promise.resolve(reply(desk, signal)), signal));
  } catch (error) {
    if (signal.aborted || error instanceof AppError) throw error;
    throw new AppError('plugin_failed', `The plugin "${by}" could not answer. The log says why.`, { cause: error });
  }
}
