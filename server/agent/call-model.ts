import type { LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { RunEvent } from '../contract/events.ts';
import type { AssistantMessage } from '../contract/messages.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { StreamRedactor } from '../secrets/redactor.ts';
import { abortable } from './abortable.ts';
import type { DeltaPace } from './delta-pace.ts';
import { createMessageEmitter, type MessageEmitter } from './message-emitter.ts';
import type { ModelHandle } from './model.ts';
import {
  cutStreamError,
  endlessAnswerError,
  type ProviderFault,
  refusedError,
  toProviderFault,
} from './provider-fault.ts';
import { createReplyBuilder, type ReplyBuilder, usageOf } from './reply.ts';

export interface ModelCall {
  model: ModelHandle;
  options: LanguageModelV4CallOptions;
  /** Tool calls in the answer are taken out: nobody would run them. */
  withoutTools: boolean;
  signal: AbortSignal;
  clock: Clock;
  emit(event: RunEvent): void;
  redact(text: string): string;
  /** Redacts what the model says, as it arrives. Absent: nobody reads it but this program. */
  redactStream?(): StreamRedactor;
  /** How long deltas may gather. Default: to the end of the tick. */
  pace?: DeltaPace | undefined;
  /** How often a call that failed is made again. Default: three times. */
  retries?: number;
  /** Told what the provider made of the key. Must not throw. */
  onAnswer?(fault: ProviderFault | undefined, model: ModelHandle): void;
}

export interface ModelAnswer {
  /** Absent when nothing was said before the fault or the abort. */
  message?: AssistantMessage;
  fault?: AppError;
  /** Nothing was said, and another model may do better. */
  isOfThisModel?: boolean;
}

const retryWaitsMs = [1000, 2000, 4000];
/** A provider that asks for more patience than this is not waited for. */
const longestWaitMs = 60_000;
/** Characters of text, thinking and arguments in one answer: far beyond what any model may say, far below what fills memory. */
const longestAnswer = 16 * 1024 * 1024;
/** Between the last event of an answer and the end of its stream. */
const hangUpMs = 500;

/** One model call with its retries. Never rejects: faults and abort are part of the answer. */
export async function callModel(call: ModelCall): Promise<ModelAnswer> {
  for (let attempt = 0; ; attempt += 1) {
    const emitter = createMessageEmitter(call.emit, call.pace);
    try {
      const outcome = await attemptCall(call, emitter);
      if (!call.signal.aborted) call.onAnswer?.(outcome.fault, call.model);
      const waitMs = retryWait(outcome, emitter, attempt, call.retries);
      if (waitMs === undefined || call.signal.aborted) return conclude(call, outcome, emitter);
      const reason = call.redact(outcome.fault?.error.message ?? '');
      call.emit({ type: 'provider_retry', attempt: attempt + 1, reason, waitMs });
      if (!(await sleep(waitMs, call))) return {};
    } finally {
      emitter.close();
    }
  }
}

interface Outcome {
  reply: ReplyBuilder;
  fault?: ProviderFault;
}

/** Opens the call and reads the stream to its end. */
async function attemptCall(call: ModelCall, emitter: MessageEmitter): Promise<Outcome> {
  const reply = createReplyBuilder((step) => emitter.step(step), call.redactStream);
  try {
    const model = await call.model.open();
    const asked = model.doStream({ ...call.options, abortSignal: call.signal });
    // Only the stream is held: what was asked comes along with it, and is large.
    const { stream } = await abortable(asked, call.signal);
    let length = 0;
    await readStream(stream, call, (part) => {
      if ('delta' in part) length += part.delta.length;
      if (length > longestAnswer) throw endlessAnswerError(call.model);
      reply.add(part);
    });
  } catch (error) {
    return { reply, fault: streamFault(error, call, emitter) };
  }
  if (call.signal.aborted) return { reply };
  const reason = reply.finish?.reason.unified;
  if (reply.fault && !isEndWithoutReason(reply)) {
    return { reply, fault: toProviderFault(reply.fault.error, call.model, call.clock.now()) };
  }
  if (reply.finish === undefined || reply.fault || reason === 'interrupted') return { reply, fault: cutFault(call) };
  if (reason === 'content-filter') return { reply, fault: refusal(call) };
  return { reply };
}

/**
 * Cancelling ends a read that waits; the provider's own abort alone may leave it hanging. So may a server that says all
 * and does not hang up: it gets a moment, for a connection that ends by itself can be used again.
 */
async function readStream(
  stream: ReadableStream<LanguageModelV4StreamPart>,
  { signal, clock }: ModelCall,
  onPart: (part: LanguageModelV4StreamPart) => void,
): Promise<void> {
  const reader = stream.getReader();
  const over = new AbortController();
  const cancel = () => {
    // The stream may be broken already; then there is nothing to cancel.
    reader.cancel().catch(() => undefined);
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      onPart(value);
      // Rejects when the stream ended first.
      if (value.type === 'finish') clock.sleep(hangUpMs, over.signal).then(cancel, () => undefined);
    }
  } finally {
    over.abort('the stream ended');
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

/** A connection that breaks once the answer has begun is a cut; before that it is like one that never opened. */
function streamFault(error: unknown, call: ModelCall, emitter: MessageEmitter): ProviderFault {
  const fault = toProviderFault(error, call.model, call.clock.now());
  return emitter.hasStarted && !(error instanceof AppError)
    ? { ...fault, error: cutStreamError(call.model, error) }
    : fault;
}

function cutFault(call: ModelCall): ProviderFault {
  return { error: cutStreamError(call.model), isRetryable: true, isOfThisModel: true };
}

function refusal(call: ModelCall): ProviderFault {
  return { error: refusedError(call.model), isRetryable: false, isOfThisModel: false };
}

/** The OpenAI-compatible package reports a stream that just ends as an error without a status of its own. */
function isEndWithoutReason(reply: ReplyBuilder): boolean {
  const fault = reply.fault?.error;
  return (
    reply.finish?.reason.raw === undefined && fault instanceof Error && fault.name === 'AI_InvalidResponseDataError'
  );
}

function retryWait(
  { fault }: Outcome,
  emitter: MessageEmitter,
  attempt: number,
  retries = retryWaitsMs.length,
): number | undefined {
  const backoffMs = attempt < Math.min(retries, fault?.mostRetries ?? retries) ? retryWaitsMs[attempt] : undefined;
  if (!fault?.isRetryable || emitter.hasStarted || backoffMs === undefined) return undefined;
  const waitMs = fault.retryAfterMs ?? backoffMs;
  return waitMs > longestWaitMs ? undefined : waitMs;
}

/** False when the run was aborted meanwhile. */
async function sleep(ms: number, call: ModelCall): Promise<boolean> {
  try {
    await call.clock.sleep(ms, call.signal);
  } catch (error) {
    if (!call.signal.aborted) throw error;
  }
  return !call.signal.aborted;
}

function conclude(call: ModelCall, { reply, fault }: Outcome, emitter: MessageEmitter): ModelAnswer {
  const answer: ModelAnswer = fault && !call.signal.aborted ? { fault: fault.error } : {};
  const hasEnded = reply.finish !== undefined && !fault && !call.signal.aborted;
  if (!emitter.hasStarted && !hasEnded) return { ...answer, isOfThisModel: fault?.isOfThisModel ?? false };
  const message = toMessage(call, reply, answer.fault);
  emitter.end(message);
  return { ...answer, message };
}

function toMessage(call: ModelCall, reply: ReplyBuilder, fault: AppError | undefined): AssistantMessage {
  const content = reply.content().filter((block) => !call.withoutTools || block.type !== 'toolCall');
  const hasCalls = content.some((block) => block.type === 'toolCall');
  const answeredReason = hasCalls ? 'toolUse' : 'stop';
  const finishedReason = reply.finish?.reason.unified === 'length' ? 'length' : answeredReason;
  return {
    role: 'assistant',
    content,
    provider: call.model.provider,
    model: call.model.modelId,
    usage: usageOf(reply.finish?.usage, call.model.facts),
    stopReason: call.signal.aborted ? 'aborted' : fault ? 'error' : finishedReason,
    ...(fault ? { errorMessage: call.redact(fault.message) } : {}),
    timestamp: call.clock.now(),
  };
}
