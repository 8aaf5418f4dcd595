import { AppError } from '../../../../lib/app-error.ts';
import type { Clock } from '../../../../lib/clock.ts';
import { createTimeLimit } from '../../../../lib/time-limit.ts';
import { orAborted } from '../../or-aborted.ts';
import type { RefusalKind, SearchProvider, SearchQuery, SearchResult } from './provider.ts';
import { retryAfterSeconds } from './retry-after.ts';

export interface SearchCall {
  provider: SearchProvider;
  query: SearchQuery;
  /** In no message, ever. */
  key: string;
  baseUrl: string;
  fetch: typeof fetch;
  clock: Clock;
  signal: AbortSignal;
}

const timeoutMs = 15_000;
const maxAnswerBytes = 2 * 1024 * 1024;
/** A service that asks for more patience is not waited for. */
const longestWaitSeconds = 10;

/**
 * Asks one service; once more when it asks for patience. Throws AppError by cause: `search_key_refused`, `search_quota`,
 * `search_rate_limited`, `search_refused`, `search_failed`, `search_unreachable`, `search_timeout`, `search_malformed`,
 * `aborted`. What the service wrote is in none of them: it may repeat the request.
 */
export async function callSearch(call: SearchCall): Promise<SearchResult[]> {
  const { provider, clock, signal } = call;
  for (let attempt = 0; ; attempt += 1) {
    const answer = await ask(call);
    if (answer.status >= 200 && answer.status < 300) return readResults(answer.body, provider);
    const kind = provider.judgeRefusal(answer.status, answer.body);
    const waitSeconds = answer.waitSeconds ?? 1;
    if (kind !== 'rate' || attempt > 0 || waitSeconds > longestWaitSeconds) {
      throw refusal(kind, answer.status, waitSeconds, provider);
    }
    await orAborted(clock.sleep(Math.max(waitSeconds, 0.1) * 1000, signal), signal);
  }
}

interface Answer {
  status: number;
  /** Undefined when it is no JSON. */
  body: unknown;
  waitSeconds: number | undefined;
}

async function ask(call: SearchCall): Promise<Answer> {
  const { provider, clock, signal } = call;
  const late = () =>
    fault('search_timeout', `${provider.title} did not answer within ${timeoutMs / 1000} s. Try again.`);
  const limit = createTimeLimit(clock, timeoutMs, late, signal);
  try {
    return await exchange(call, limit.signal);
  } catch (error) {
    if (signal.aborted) throw new AppError('aborted', 'The run was aborted.', { status: 409 });
    if (error instanceof AppError) throw error;
    if (limit.signal.aborted) throw limit.signal.reason;
    throw fault(
      'search_unreachable',
      `${provider.title} could not be reached${codeOf(error)}. Check the network and try again.`,
    );
  } finally {
    limit.end();
  }
}

async function exchange({ provider, query, key, baseUrl, fetch, clock }: SearchCall, signal: AbortSignal) {
  const { url, headers, body } = provider.request(query, key, baseUrl);
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      accept: 'application/json',
      ...headers,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    // A redirect is not followed: it would carry the key to another host.
    redirect: 'manual',
    signal,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await readBounded(response, provider);
  return {
    status: response.status,
    body: parse(text),
    waitSeconds: provider.retryAfterSeconds?.(response.headers) ?? retryAfterSeconds(response.headers, clock.now()),
  };
}

async function readBounded(response: Response, provider: SearchProvider): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxAnswerBytes) throw malformed(provider);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Proxies and gateways answer in HTML.
    return undefined;
  }
}

function readResults(body: unknown, provider: SearchProvider): SearchResult[] {
  try {
    return provider.read(body);
  } catch {
    throw malformed(provider);
  }
}

function malformed({ title }: SearchProvider): AppError {
  return fault(
    'search_malformed',
    `${title} gave an answer that is no list of results. Try again, or search otherwise.`,
  );
}

function refusal(kind: RefusalKind, status: number, waitSeconds: number, { title, keyName }: SearchProvider): AppError {
  const details = { status, variable: keyName };
  switch (kind) {
    case 'key':
      return fault(
        'search_key_refused',
        `${title} refused the key in ${keyName} (${status}). Replace it on the Secrets page.`,
        details,
      );
    case 'quota':
      return fault(
        'search_quota',
        `The account of ${keyName} at ${title} is used up (${status}). Raise its limit or set another provider.`,
        details,
      );
    case 'rate':
      return fault(
        'search_rate_limited',
        `${title} asks for fewer searches. Try again in ${Math.ceil(waitSeconds)} s.`,
        { ...details, waitSeconds },
      );
    case 'other':
      return status >= 500
        ? fault('search_failed', `${title} has a fault of its own (${status}). Try again later.`, details)
        : fault(
            'search_refused',
            `${title} did not take this search (${status}). Say it shorter or otherwise.`,
            details,
          );
  }
}

/** Only the code is told: texts of other programs may repeat the request. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? ` (${cause.code})` : '';
}

function fault(code: string, message: string, details?: unknown): AppError {
  return new AppError(code, message, { status: 502, ...(details !== undefined && { details }) });
}
