import type { Config } from '../../contract/config.ts';
import type { RunEvent } from '../../contract/events.ts';
import type { SessionKey } from '../../contract/ids.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { ModelCall } from '../call-model.ts';
import type { ModelHandle } from '../model.ts';
import { type ContextKeeper, createContextKeeper } from './context-keeper.ts';
import type { ContextStore } from './context-store.ts';
import { createModelSummarizer, type Summarizer } from './summarize.ts';
import { estimateText } from './token-estimate.ts';

export interface RunContextOptions {
  key: SessionKey;
  store: ContextStore;
  settings: Config['compaction'];
  model: ModelHandle;
  fallbacks: readonly ModelHandle[];
  answer: { maxTokens: number; thinking: number };
  system: string;
  /** What the tools take of the model's window. */
  toolTokens: number;
  /** In the place of the run's own model. */
  summarize?: Summarizer | undefined;
  recall(): Promise<string[]>;
  stored?: (() => Promise<unknown>) | undefined;
  signal: AbortSignal;
  clock: Clock;
  logger: Logger;
  emit(event: RunEvent): void;
  redact(text: string): string;
  redactStream?: ModelCall['redactStream'];
  onAnswer?: ModelCall['onAnswer'];
}

const summaryTimeoutMs = 120_000;

/** The context of one run: measured by its model's window, summarised by its model. */
export function createRunContext(options: RunContextOptions): ContextKeeper {
  const { model, fallbacks, clock, emit, redact, redactStream, onAnswer, system, toolTokens, ...rest } = options;
  return createContextKeeper({
    ...rest,
    emit,
    contextWindow: model.facts.contextWindow,
    fixedTokens: estimateText(system) + toolTokens,
    summarize:
      options.summarize ??
      createModelSummarizer({
        chain: { models: [model, ...fallbacks], failed: new Set() },
        clock,
        emit,
        redact,
        ...(redactStream ? { redactStream } : {}),
        ...(onAnswer ? { onAnswer } : {}),
        timeoutMs: summaryTimeoutMs,
      }),
  });
}
