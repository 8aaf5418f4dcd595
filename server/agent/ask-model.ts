import type { LanguageModelV4StreamPart, LanguageModelV4Usage } from '@ai-sdk/provider';
import type { MessageUsage } from '../contract/messages.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { abortable } from './abortable.ts';
import { createDemoModel } from './demo-model.ts';
import { type ModelSources, resolveModel } from './model.ts';
import { costOf } from './model-catalog.ts';
import { toProviderFault } from './provider-fault.ts';

/** One question, answered without tools and outside of any conversation. */
export interface ModelQuestion {
  /** What the model is to do; never holds what strangers wrote. */
  instruction: string;
  /** The material. */
  text: string;
  maxTokens: number;
  signal: AbortSignal;
  /** `provider:model`; the configured one when absent. */
  model?: string | undefined;
}

export interface ModelAnswer {
  text: string;
  /** `provider:model`. */
  model: string;
  usage: MessageUsage;
}

/** Undefined when no model is there that could answer, or it said nothing. Rejects with AppError or the signal's reason. */
export type AskModel = (question: ModelQuestion) => Promise<ModelAnswer | undefined>;

export interface ModelAskerOptions extends Omit<ModelSources, 'demo'> {
  clock: Clock;
  /** Takes secrets out of what the model is sent, and of what it says. Absent: there are none. */
  redact?(text: string): string;
}

export function createModelAsker(options: ModelAskerOptions): AskModel {
  const { redact = (text: string) => text } = options;
  const sources: ModelSources = {
    ...options,
    demo: () => createDemoModel((ms, signal) => options.clock.sleep(ms, signal)),
  };
  return async ({ instruction, text, maxTokens, signal, model: wanted }) => {
    const model = resolveModel(wanted, sources);
    // The demo follows its script whatever it is asked.
    if (model.type === 'demo') return undefined;
    try {
      // As a stream, like every other call: a long answer is not taken for a dead connection on its way.
      const call = (await model.open()).doStream({
        prompt: [
          { role: 'system', content: instruction },
          { role: 'user', content: [{ type: 'text', text: redact(text).toWellFormed() }] },
        ],
        maxOutputTokens: maxTokens,
        abortSignal: signal,
      });
      const { stream } = await abortable(call, signal);
      const { answer, usage } = await abortable(readAnswer(stream), signal);
      if (answer.trim() === '' || !usage) return undefined;
      const { inputTokens, outputTokens } = usage;
      const cacheRead = inputTokens.cacheRead ?? 0;
      const cacheWrite = inputTokens.cacheWrite ?? 0;
      const input = inputTokens.noCache ?? Math.max(0, (inputTokens.total ?? 0) - cacheRead - cacheWrite);
      const tokens = { input, output: outputTokens.total ?? 0, cacheRead, cacheWrite };
      const totalTokens = input + tokens.output + cacheRead + cacheWrite;
      return {
        text: redact(answer).trim(),
        model: model.name,
        usage: { ...tokens, totalTokens, cost: costOf(model.facts, tokens) },
      };
    } catch (error) {
      if (error instanceof AppError || signal.aborted) throw error;
      throw toProviderFault(error, model, options.clock.now()).error;
    }
  };
}

/** Leaves at the end of the answer: a server may say all and not hang up. */
async function readAnswer(stream: ReadableStream<LanguageModelV4StreamPart>) {
  let answer = '';
  let usage: LanguageModelV4Usage | undefined;
  for await (const part of stream) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'text-delta') answer += part.delta;
    if (part.type === 'finish') {
      usage = part.usage;
      break;
    }
  }
  return { answer, usage };
}
