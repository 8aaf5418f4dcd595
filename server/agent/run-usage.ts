import type { RunUsage } from '../contract/events.ts';
import type { MessageUsage } from '../contract/messages.ts';

export function noUsage(): RunUsage {
  return { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, totalTokens: 0, cost: 0 };
}

/** Adds one model call to the run's totals. */
export function addUsage(total: RunUsage, call: MessageUsage): void {
  total.inputTokens += call.input;
  total.outputTokens += call.output;
  total.cacheReadTokens += call.cacheRead;
  total.cacheWriteTokens += call.cacheWrite;
  total.totalTokens += call.totalTokens;
  total.cost += call.cost.total;
}

/** Adds the totals of something else that was a part of it. */
export function addTotals(total: RunUsage, part: RunUsage): void {
  total.inputTokens += part.inputTokens;
  total.outputTokens += part.outputTokens;
  total.cacheReadTokens += part.cacheReadTokens;
  total.cacheWriteTokens += part.cacheWriteTokens;
  total.totalTokens += part.totalTokens;
  total.cost += part.cost;
}
