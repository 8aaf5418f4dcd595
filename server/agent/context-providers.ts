import type { SessionKey } from '../contract/ids.ts';
import { messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { createTimeLimit } from '../lib/time-limit.ts';
import type { Logger } from '../telemetry/logger.ts';
import { abortable } from './abortable.ts';

/** Whom something is told about, at the beginning of each run. */
export interface ContextScope extends SessionKey {
  runId: string;
  agentId: string;
  /** What the person said. */
  message: string;
  /** Fires when the run is aborted or the provider's time is up. */
  signal: AbortSignal;
}

/** Tells the model something beside the conversation, anew for each run. It is not kept in the history. */
export interface ContextProvider {
  name: string;
  /** Undefined or empty: there is nothing to say. One that throws or hangs is left out and logged. */
  provide(scope: ContextScope): string | undefined | Promise<string | undefined>;
  /** Most characters that it may say; more are cut. Default 8,000. */
  maxChars?: number;
  /** Default and most 5,000. */
  timeoutMs?: number;
  /** Told in the place of the log when it throws or hangs. Must not throw. */
  onFault?(error: unknown): void;
}

const mostCharsOfOne = 8_000;
const mostCharsOfAll = 48_000;
const longestMs = 5_000;

/**
 * What the providers say, each below its name, in their order. Bounded in time by the slowest allowed one, for they are
 * asked at once, and in size. Undefined when nobody has anything to say; rejects only when the run is aborted.
 */
export async function gatherContext(
  providers: readonly ContextProvider[],
  scope: ContextScope,
  { clock, logger }: { clock: Clock; logger: Logger },
): Promise<string | undefined> {
  const said = await Promise.all(providers.map((provider) => askOne(provider, scope, clock, logger)));
  scope.signal.throwIfAborted();
  let room = mostCharsOfAll;
  const parts: string[] = [];
  for (const [index, provider] of providers.entries()) {
    const text = said[index];
    if (!text) continue;
    if (text.length > room) {
      logger.warn(`The context provider ${provider.name} was left out: there is more context than fits`);
      continue;
    }
    room -= text.length;
    parts.push(`<context name="${provider.name}">\n${text}\n</context>`);
  }
  return parts.length === 0 ? undefined : parts.join('\n\n');
}

async function askOne(provider: ContextProvider, scope: ContextScope, clock: Clock, logger: Logger): Promise<string> {
  const timeoutMs = Math.min(provider.timeoutMs ?? longestMs, longestMs);
  const late = () => new Error(`It did not answer within ${timeoutMs} ms.`);
  const limit = createTimeLimit(clock, timeoutMs, late, scope.signal);
  const { signal } = limit;
  try {
    const text = await abortable(start(provider, { ...scope, signal }), signal);
    return typeof text === 'string' ? cut(text.trim(), provider.maxChars ?? mostCharsOfOne) : '';
  } catch (error) {
    if (scope.signal.aborted) return '';
    if (provider.onFault) provider.onFault(error);
    else logger.warn(`The context provider ${provider.name} failed: ${messageOf(error)}`);
    return '';
  } finally {
    limit.end();
  }
}

/** One that throws before it returns its promise fails like any other. */
async function start(provider: ContextProvider, scope: ContextScope): Promise<string | undefined> {
  return provider.provide(scope);
}

function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const kept = text.slice(0, maxChars).toWellFormed();
  return `${kept}\n[… ${text.length - kept.length} characters left out]`;
}
