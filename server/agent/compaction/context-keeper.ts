import type { Config } from '../../contract/config.ts';
import type { CompactionReason, CompactionResult, RunEvent } from '../../contract/events.ts';
import type { SessionKey } from '../../contract/ids.ts';
import type { AssistantMessage, Message, MessageUsage, UserMessage } from '../../contract/messages.ts';
import { markerOf } from '../../sessions/compaction-line.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Artifact } from './artifact.ts';
import { compactionSizes, summaryShare } from './compaction-sizes.ts';
import { contextBudget } from './context-budget.ts';
import type { ContextStore } from './context-store.ts';
import { lastRequest, requestWords, withImages } from './last-request.ts';
import { type CompactionPlan, type PlanInput, planAtBoundary, planInRun, planLeavingOut } from './plan-compaction.ts';
import { sessionMemory } from './session-memory.ts';
import type { Summarizer } from './summarize.ts';
import { estimateText } from './token-estimate.ts';
import { createTokenMeter, type TokenMeter } from './token-meter.ts';
import { writeSummary } from './write-summary.ts';

/** Keeps one conversation within what its model can read. Rejects when the signal fires or the disk refuses. */
export interface ContextKeeper {
  /** What to send next; shortened when it would be too much. Give back what came out of it, with what was added. */
  fit(messages: Message[]): Promise<Message[]>;
  /** After the provider refused the prompt as too long. Undefined: nothing can be made shorter. */
  shrink(messages: Message[]): Promise<Message[] | undefined>;
  /** Shortens now, because a person wants it. Undefined: there is nothing to summarise. */
  compactNow(messages: Message[]): Promise<CompactionResult | undefined>;
  /** The provider answered this prompt; its usage is what the next estimate stands on. */
  counted(prompt: readonly Message[], answer: AssistantMessage): void;
  /** The prompt leaves out something that the stored history holds. */
  isShortened(messages: readonly Message[]): boolean;
  /** Said in front of what the person said last, not part of the history. */
  memory(): string | undefined;
  /** What summaries have used since this was asked last. */
  takeUsage(): MessageUsage[];
}

/** Sends everything as it is. */
export const wholeContext: ContextKeeper = {
  fit: async (messages) => messages,
  shrink: async () => undefined,
  compactNow: async () => undefined,
  counted: () => undefined,
  isShortened: () => false,
  memory: () => undefined,
  takeUsage: () => [],
};

export interface ContextKeeperOptions {
  key: SessionKey;
  store: ContextStore;
  settings: Config['compaction'];
  answer: { maxTokens: number; thinking: number };
  contextWindow: number;
  /** Tokens of system prompt and tools, estimated. */
  fixedTokens: number;
  summarize: Summarizer;
  /** What is remembered beside the history: asked at the beginning, and again once the history became shorter. */
  recall(): Promise<string[]>;
  /**
   * Resolves when what the person said is stored: a history is not cut before that. Rejects when it could not be.
   * Absent: it is.
   */
  stored?: (() => Promise<unknown>) | undefined;
  signal: AbortSignal;
  emit(event: RunEvent): void;
  logger: Logger;
}

/** Share of the trigger that stays word for word when a conversation is shortened before a run. */
const boundaryKeepShare = 0.2;
/** A refused prompt proves the estimate wrong: it is cut to this share of it. */
const refusedShare = 0.4;

export function createContextKeeper(options: ContextKeeperOptions): ContextKeeper {
  const { key, store, settings, emit, logger, signal } = options;
  const { reactive } = settings;
  const budget = contextBudget(options.contextWindow, options.answer, reactive);
  const usages: MessageUsage[] = [];
  /** Messages that stand in a prompt for longer ones of the history. */
  const stubs = new WeakSet<Message>();
  let meter: TokenMeter | undefined;
  let memory: string | undefined;
  let request: UserMessage | undefined;
  /** Of the last compaction. */
  let summary: Message | undefined;
  let last: CompactionResult | undefined;
  let isBroken = false;
  /** Messages that this was opened with: the latest of the stored ones, as many as a budget let in. */
  let openedWith = 0;
  let isWhole = false;

  async function open(messages: readonly Message[]): Promise<TokenMeter> {
    if (meter) return meter;
    openedWith = messages.length;
    request = lastRequest(messages);
    memory = sessionMemory(await options.recall(), Math.floor(budget.targetTokens * summaryShare));
    meter = createTokenMeter(messages, options.fixedTokens + estimateText(memory ?? ''));
    return meter;
  }

  async function fit(messages: Message[]): Promise<Message[]> {
    const isFirst = meter === undefined;
    const tokens = await open(messages);
    let view = messages;
    if (isFirst && view.length >= settings.minMessages && tokens.tokensOf(view) > settings.triggerTokens) {
      const keepTokens = Math.floor(Math.min(settings.triggerTokens, budget.targetTokens) * boundaryKeepShare);
      const plan = (input: PlanInput) => planAtBoundary(input, keepTokens, reactive.keepRecentRounds);
      view = await summarized('trigger', view, tokens, plan);
    }
    if (!reactive.enabled) return view;
    if (tokens.tokensOf(view) > budget.microTokens) view = await withoutOldResults(view, tokens);
    if (tokens.tokensOf(view) > budget.fullTokens) {
      view = await summarized('window', view, tokens, (input) => planInRun(input, reactive.keepRecentRounds));
    }
    return view;
  }

  async function shrink(messages: Message[]): Promise<Message[] | undefined> {
    if (!reactive.enabled) return undefined;
    const tokens = await open(messages);
    const targetTokens = Math.min(budget.targetTokens, Math.floor(tokens.tokensOf(messages) * refusedShare));
    const plan = (input: PlanInput) => planInRun(input, reactive.keepRecentRounds);
    const view = await summarized('prompt_too_long', messages, tokens, plan, targetTokens);
    return view === messages ? undefined : view;
  }

  /** Old tool results give way to a pointer. The history itself stays as it is. */
  async function withoutOldResults(messages: Message[], tokens: TokenMeter): Promise<Message[]> {
    const { tail, artifacts } = planLeavingOut(messages, reactive.keepRecentRounds);
    if (isSame(tail, messages)) return messages;
    emit({ type: 'context_compaction_start', reason: 'micro' });
    const tokensBefore = tokens.tokensOf(messages);
    await keep(artifacts);
    mark(tail, messages);
    tokens.shortened();
    tell('micro', tokens, messages, tokensBefore, tail);
    return tail;
  }

  /** With what the budget left out: a summary stands for all that is stored, and counts begin there. */
  async function whole(seen: Message[]): Promise<Message[]> {
    if (isWhole) return seen;
    const { messages: stored } = await store.loadMessages(key);
    if (stored.length <= seen.length) return seen;
    const added = seen.slice(openedWith);
    return [...stored.slice(0, stored.length - added.length), ...added];
  }

  /** The older part becomes a summary, here and in the store. The same messages: nothing could be done. */
  async function summarized(
    reason: CompactionReason,
    seen: Message[],
    tokens: TokenMeter,
    makePlan: (input: PlanInput) => CompactionPlan,
    targetTokens = budget.targetTokens,
  ): Promise<Message[]> {
    await options.stored?.();
    const sizes = compactionSizes(targetTokens, tokens, request);
    const planFor = (messages: Message[]) =>
      makePlan({ messages, tokensOfMessage: tokens.tokensOfMessage, roomTokens: sizes.roomTokens });
    const messages = isBroken ? seen : await whole(seen);
    const plan = planFor(messages);
    const older = messages.slice(0, plan.count);
    if (isBroken || !isWorthIt(older, reason, sizes.summaryTokens, tokens)) {
      return onlyTail(reason, seen, messages === seen ? plan : planFor(seen), tokens);
    }
    emit({ type: 'context_compaction_start', reason });
    const tokensBefore = tokens.tokensOf(seen);
    const asked = { messages: older, maxTokens: sizes.summaryTokens, signal };
    const { text, summarizedBy, usage } = await writeSummary(options.summarize, asked, logger);
    if (usage) usages.push(usage);
    const isRequestGone = request && !plan.tail.some((message) => message.role === 'user');
    const words = isRequestGone && request ? `\n\n${requestWords(request, sizes.requestTokens)}` : '';
    await keep(plan.artifacts);
    const archiveId = await archive(plan.count, text + words);
    if (archiveId === undefined) {
      tell(reason, tokens, seen, tokensBefore, seen);
      return seen;
    }
    isWhole = true;
    const first = (await store.loadMessages(key)).messages[0];
    summary = first && (isRequestGone ? withImages(first, request) : first);
    const view = [...(summary ? [summary] : []), ...plan.tail];
    mark(plan.tail, messages.slice(plan.count));
    memory = sessionMemory(await options.recall(), Math.floor(budget.targetTokens * summaryShare));
    tokens.shortened();
    tell(reason, tokens, messages, tokensBefore, view, { archiveId, summarizedBy });
    return view;
  }

  /** Nothing to summarise, but what stays may have to be shorter. */
  async function onlyTail(reason: CompactionReason, messages: Message[], plan: CompactionPlan, tokens: TokenMeter) {
    const tail = [...messages.slice(0, plan.count), ...plan.tail];
    if (isSame(tail, messages)) return messages;
    emit({ type: 'context_compaction_start', reason });
    const tokensBefore = tokens.tokensOf(messages);
    await keep(plan.artifacts);
    mark(tail, messages);
    tokens.shortened();
    tell(reason, tokens, messages, tokensBefore, tail);
    return tail;
  }

  /** A summary of what is shorter than a summary saves nothing; one of a summary alone even less. */
  function isWorthIt(older: readonly Message[], reason: CompactionReason, summaryTokens: number, tokens: TokenMeter) {
    const [first] = older;
    if (!first || (older.length === 1 && (first === summary || markerOf(first, true)))) return false;
    return reason === 'manual' || older.reduce((sum, item) => sum + tokens.tokensOfMessage(item), 0) > summaryTokens;
  }

  /** Undefined when this history cannot be cut there; the run goes on without. */
  async function archive(messageCount: number, summary: string): Promise<string | undefined> {
    try {
      return (await store.compact(key, { messageCount, summary })).archiveId;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'invalid_compaction')) throw error;
      isBroken = true;
      logger.warn(`The history could not be shortened: ${error.message}`);
      return undefined;
    }
  }

  async function keep(artifacts: readonly Artifact[]): Promise<void> {
    for (const { id, text } of artifacts) await store.writeArtifact(key, id, text);
  }

  function mark(view: readonly Message[], originals: readonly Message[]): void {
    view.forEach((message, index) => {
      if (message !== originals[index]) stubs.add(message);
    });
  }

  function tell(
    reason: CompactionReason,
    tokens: TokenMeter,
    before: readonly Message[],
    tokensBefore: number,
    after: readonly Message[],
    outcome: Pick<CompactionResult, 'archiveId' | 'summarizedBy'> = {},
  ): void {
    const counts = { messagesBefore: before.length, messagesAfter: after.length };
    last = { ...outcome, ...counts, tokensBefore, tokensAfter: tokens.tokensOf(after) };
    logger.info(`Context shortened: ${reason}`, { ...last });
    emit({ type: 'context_compaction_end', reason, ...last });
  }

  return {
    fit,
    shrink,
    async compactNow(messages) {
      const tokens = await open(messages);
      isWhole = true;
      request = undefined;
      last = undefined;
      await summarized('manual', messages, tokens, (input) => {
        const start = messages.findLastIndex((message) => message.role === 'user');
        if (start > 1) return { count: start, tail: messages.slice(start), artifacts: [] };
        const inRun = planInRun(input, reactive.keepRecentRounds);
        return inRun.count > 1 ? inRun : { count: 0, tail: messages, artifacts: [] };
      });
      return last;
    },
    counted: (prompt, answer) => meter?.counted(prompt, answer),
    isShortened: (messages) => messages.some((message) => stubs.has(message)),
    memory: () => memory,
    takeUsage: () => usages.splice(0),
  };
}

function isSame(a: readonly Message[], b: readonly Message[]): boolean {
  return a.length === b.length && a.every((message, index) => message === b[index]);
}
