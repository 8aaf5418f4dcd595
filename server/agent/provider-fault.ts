import { APICallError } from '@ai-sdk/provider';
import { z } from 'zod';
import { AppError, messageOf } from '../lib/app-error.ts';
import type { ModelHandle } from './model.ts';

/** What went wrong at a provider, and whether asking again may help. */
export interface ProviderFault {
  error: AppError;
  isRetryable: boolean;
  /** Fewer than for other faults, because each has cost minutes of waiting. */
  mostRetries?: number;
  /** The fault lies with this model, its provider or its key: the same call to another one may be answered. */
  isOfThisModel: boolean;
  /** The provider's own wish, from `Retry-After`. */
  retryAfterMs?: number;
  /** HTTP status, when the provider answered at all. */
  status?: number;
}

/** Faults that arrive inside a stream are plain objects. */
const streamErrorSchema = z.looseObject({
  message: z.string(),
  type: z.string().nullish(),
  code: z.union([z.string(), z.number()]).nullish(),
  statusCode: z.number().nullish(),
  isRetryable: z.boolean().nullish(),
});

interface Facts {
  message: string;
  status?: number;
  isRetryable: boolean;
  code?: string;
  headers?: Record<string, string>;
  host?: string;
}

/** Turns anything that a provider call threw or streamed into a fault. `now` is the wall clock, for `Retry-After` dates. */
export function toProviderFault(raw: unknown, model: ModelHandle, now: number): ProviderFault {
  const thrown = unwrap(raw);
  if (thrown instanceof AppError) {
    const isSilent = thrown.code === 'provider_silent';
    return {
      error: thrown,
      isRetryable: isSilent,
      isOfThisModel: isSilent || thrown.code === 'provider_auth',
      ...(isSilent ? { mostRetries: 1 } : {}),
    };
  }
  const facts = factsOf(thrown);
  const retryAfterMs = retryAfterOf(facts.headers, now);
  return {
    error: errorOf(facts, model, thrown),
    isRetryable: isRetryable(facts),
    isOfThisModel: isOfThisModel(facts),
    ...(facts.status === undefined ? {} : { status: facts.status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Packages that look at the first bytes of an answer wrap what breaks there. A refusal stays one, with its status. */
function unwrap(thrown: unknown): unknown {
  const isOurs = APICallError.isInstance(thrown) && thrown.cause instanceof AppError;
  return isOurs && (thrown.statusCode === undefined || thrown.statusCode < 400) ? thrown.cause : thrown;
}

/** The answer stopped before its end, after part of it was already told. */
export function cutStreamError(model: ModelHandle, cause?: unknown): AppError {
  return new AppError(
    'provider_stream_cut',
    `The connection to ${model.provider} broke off in the middle of the answer. What came is kept; send a message to go on.`,
    { status: 502, cause },
  );
}

/** Nobody may fill our memory by not coming to an end. */
export function endlessAnswerError(model: ModelHandle): AppError {
  return new AppError(
    'provider_answer_too_long',
    `${model.provider} sent more than any answer of a model holds, and was stopped. Check the provider's address, or choose another model.`,
    { status: 502 },
  );
}

export function refusedError(model: ModelHandle): AppError {
  return new AppError(
    'provider_error',
    `${model.provider} stopped the answer with its content filter. Say it in other words and try again.`,
    { status: 502 },
  );
}

function factsOf(thrown: unknown): Facts {
  if (APICallError.isInstance(thrown)) {
    return {
      message: thrown.message,
      isRetryable: thrown.isRetryable,
      // A stream that broke carries the 200 that it began with: no answer to the question what went wrong.
      ...(thrown.statusCode === undefined || thrown.statusCode < 400 ? {} : { status: thrown.statusCode }),
      ...(thrown.responseHeaders ? { headers: thrown.responseHeaders } : {}),
      ...codeOf(thrown.data),
      ...hostOf(thrown.url),
    };
  }
  const streamed = thrown instanceof Error ? undefined : streamErrorSchema.safeParse(thrown).data;
  if (streamed) {
    return {
      message: streamed.message,
      isRetryable: streamed.isRetryable ?? false,
      ...(streamed.statusCode == null ? {} : { status: streamed.statusCode }),
      ...codeOf({ error: streamed }),
    };
  }
  // `fetch` reports a broken connection as a TypeError with a cause; one without is a fault of a program.
  return { message: messageOf(thrown), isRetryable: thrown instanceof TypeError && thrown.cause !== undefined };
}

function codeOf(data: unknown): { code?: string } {
  const parsed = z.looseObject({ error: z.looseObject({ code: z.unknown(), type: z.unknown() }) }).safeParse(data).data;
  const code = parsed?.error.code ?? parsed?.error.type;
  return typeof code === 'string' ? { code } : {};
}

function hostOf(url: string): { host?: string } {
  return URL.canParse(url) ? { host: new URL(url).host } : {};
}

function isRetryable(facts: Facts): boolean {
  if (facts.code === 'insufficient_quota' || facts.code === 'billing_error') return false;
  if (facts.status === undefined) return facts.isRetryable;
  return facts.status === 408 || facts.status === 429 || facts.status >= 500;
}

/** 404 is a model that the provider does not have, or no longer. What the request itself is refused for stays refused. */
function isOfThisModel(facts: Facts): boolean {
  if (facts.code === 'insufficient_quota' || facts.code === 'billing_error' || isRetryable(facts)) return true;
  return facts.status !== undefined && [401, 402, 403, 404].includes(facts.status);
}

function errorOf(facts: Facts, model: ModelHandle, cause: unknown): AppError {
  const { status, message } = facts;
  if (status === 401 || status === 403) return authError(status, model, cause);
  if (isPromptTooLong(facts)) {
    return new AppError(
      'prompt_too_long',
      `The conversation is longer than ${model.name} can read. Start a new session or choose a model with a larger window.`,
      { status: 413, cause },
    );
  }
  const said = shorten(message);
  if (status !== undefined) {
    return new AppError('provider_error', `${model.provider} answered with HTTP ${status}: ${said}`, {
      status: 502,
      cause,
    });
  }
  const where = facts.host ? ` at ${facts.host}` : '';
  const text = facts.isRetryable
    ? `${model.provider}${where} cannot be reached: ${said}. Check the network and the provider's address.`
    : `${model.provider}${where} gave an answer that cannot be used: ${said}`;
  return new AppError('provider_error', text, { status: 502, cause });
}

function authError(status: number, model: ModelHandle, cause: unknown): AppError {
  const text = model.keyName
    ? `${model.provider} refused the key in ${model.keyName} (HTTP ${status}). Check or replace it in Secrets.`
    : `${model.provider} wants a key (HTTP ${status}). Name its variable as apiKeyEnv of this provider and set it in Secrets.`;
  return new AppError('provider_auth', text, {
    status: 502,
    cause,
    ...(model.keyName ? { details: { variable: model.keyName } } : {}),
  });
}

/** Only OpenAI has a code for it; everyone else says it in words. */
function isPromptTooLong({ status, code, message }: Facts): boolean {
  if (code === 'context_length_exceeded') return true;
  if (status !== 400 && status !== 413 && status !== 422) return false;
  return /prompt is too long|context (length|window|limit)|too many (input )?tokens|input (is too long|token count)/i.test(
    message,
  );
}

function retryAfterOf(headers: Record<string, string> | undefined, now: number): number | undefined {
  const exact = Number(headers?.['retry-after-ms']);
  if (Number.isFinite(exact) && exact >= 0) return exact;
  const value = headers?.['retry-after'];
  if (value === undefined) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function shorten(message: string): string {
  const line = message.replace(/\s+/g, ' ').trim();
  return line.length > 400 ? `${line.slice(0, 400)}…` : line || 'no reason given';
}
