import { AppError } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { type AnswerLimits, watchAnswer } from './watched-answer.ts';

/** Patience with a provider that says nothing, where no settings say otherwise. */
const usualLimits: AnswerLimits = { clock: systemClock, idleTimeoutMs: () => 120_000 };

/**
 * `fetch` for calls of models, which wait long for little. Undici keeps the text of a request, and its bytes beside it,
 * for as long as the answer lasts, to send it again where a redirect points; with the schemas of thirty tools that is
 * 40 KB for every stream that is open. Here the bytes are handed over once and gone.
 *
 * Redirects are refused: the key stands in a header, and whoever answers at an address may not send it elsewhere.
 * Answers that stop coming, or do not stop, break with a code.
 */
export function modelFetch(ask: typeof fetch, limits = usualLimits): typeof fetch {
  return async (input, init = {}) => {
    try {
      const sent = typeof init.body === 'string' ? oneWay(init, init.body) : { ...init, redirect: 'error' as const };
      return watchAnswer(await ask(input, sent), limits);
    } catch (error) {
      throw isRedirect(error) ? redirected(error) : error;
    }
  };
}

/** Only a request that cannot be redirected and belongs to no window is sent without a copy of its body being kept. */
function oneWay({ body: _, ...init }: RequestInit, body: string): RequestInit {
  const bytes = new TextEncoder().encode(body);
  const headers = new Headers(init.headers);
  headers.set('content-length', String(bytes.length));
  return { ...init, headers, body: once(bytes), duplex: 'half', redirect: 'error', window: null };
}

/** Holds the bytes until they are read. */
function once(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let waiting: Uint8Array | undefined = bytes;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (waiting) controller.enqueue(waiting);
        waiting = undefined;
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** The words are undici's, within the error that `fetch` throws for everything. */
function isRedirect(error: unknown): boolean {
  return error instanceof TypeError && error.cause instanceof Error && error.cause.message === 'unexpected redirect';
}

function redirected(cause: unknown): AppError {
  return new AppError(
    'provider_redirected',
    "The provider's address answers with a redirect, and the key is not sent along. Set the address that it points to as the base URL if you trust it.",
    { status: 502, cause },
  );
}
