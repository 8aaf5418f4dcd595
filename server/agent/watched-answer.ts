import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { mergeDeltas } from './merge-deltas.ts';

export interface AnswerLimits {
  clock: Clock;
  /** Milliseconds without a byte while somebody waits for one. Asked once per answer. */
  idleTimeoutMs(): number;
  /** Bytes from one blank line to the next: an event, or a body that has none. */
  longestEvent?: number;
  /** Bytes of a whole answer, with everything that is no word of it. */
  longestAnswer?: number;
}

/** A picture in one piece is some megabytes. */
const longestEvent = 16 * 1024 * 1024;
/** Each token comes in a frame of some hundred bytes; half a million of them fit. */
const longestAnswer = 256 * 1024 * 1024;
/** What a refusal says is read this far; the rest would be shortened anyway. */
const longestRefusal = 256 * 1024;

/**
 * The answer of a provider, as it comes, until it stops coming or does not stop. The body then breaks with AppError
 * `provider_silent` or `provider_answer_too_long` (502), and the connection is closed. Comments that keep a connection
 * alive count as life. The body of a refusal just ends where it has been long enough. Deltas of a stream of events that
 * came in one piece of the network are joined.
 */
export function watchAnswer(answer: Response, limits: AnswerLimits): Response {
  const { body, status, statusText, headers } = answer;
  if (body === null) return answer;
  const refusal = { ...limits, longestEvent: Number.POSITIVE_INFINITY };
  const isStream = headers.get('content-type')?.includes('text/event-stream') ?? false;
  const watched = answer.ok
    ? watchBody(body, limits, { ...(isStream && { join: mergeDeltas }) })
    : watchBody(body, refusal, { enough: longestRefusal });
  return new Response(watched, { status, statusText, headers });
}

interface BodyForm {
  /** Bytes after which the body ends. */
  enough?: number;
  /** Makes of each piece of the network what is handed on. */
  join?: (piece: Uint8Array) => Uint8Array;
}

/** Reads only when it is asked, so that whoever is slow to take bytes is not blamed on the provider. */
function watchBody(
  body: ReadableStream<Uint8Array>,
  limits: AnswerLimits,
  { enough = Number.POSITIVE_INFINITY, join = (piece) => piece }: BodyForm,
): ReadableStream<Uint8Array> {
  const { clock } = limits;
  const reader = body.getReader();
  const over = new AbortController();
  const measure = createMeasure(limits.longestEvent ?? longestEvent, limits.longestAnswer ?? longestAnswer);
  /** Since when a byte is waited for. */
  let waitingSince: number | undefined;
  let fail: (error: AppError) => void = () => undefined;

  function end(): void {
    over.abort();
    // What is broken already needs no end.
    reader.cancel().catch(() => undefined);
  }

  /** One sleep per time limit, not one per chunk: most answers end before the first is over. */
  async function watch(idleMs: number): Promise<void> {
    for (let sleepMs = idleMs; ; ) {
      await clock.sleep(sleepMs, over.signal);
      const waitedMs = waitingSince === undefined ? 0 : clock.monotonic() - waitingSince;
      if (waitedMs >= idleMs) return fail(silentError(idleMs));
      sleepMs = Math.max(1, idleMs - waitedMs);
    }
  }

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        fail = (error) => {
          if (over.signal.aborted) return;
          controller.error(error);
          end();
        };
        // Rejects when the answer has ended.
        watch(limits.idleTimeoutMs()).catch(() => undefined);
      },
      async pull(controller) {
        waitingSince = clock.monotonic();
        try {
          const { done, value } = await reader.read();
          waitingSince = undefined;
          if (over.signal.aborted) return;
          if (done) {
            over.abort();
            controller.close();
            return;
          }
          measure.take(value);
          controller.enqueue(join(value));
          if (measure.total() < enough) return;
          controller.close();
          end();
        } catch (error) {
          if (over.signal.aborted) return;
          controller.error(error);
          end();
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

interface Measure {
  /** Throws AppError `provider_answer_too_long`. */
  take(chunk: Uint8Array): void;
  total(): number;
}

function createMeasure(mostOfEvent: number, mostOfAnswer: number): Measure {
  let total = 0;
  let sinceBlankLine = 0;
  let last = 0;
  return {
    take(chunk) {
      const after = bytesAfterBlankLine(chunk, last);
      total += chunk.length;
      sinceBlankLine = after ?? sinceBlankLine + chunk.length;
      last = chunk.at(-1) ?? last;
      if (sinceBlankLine > mostOfEvent || total > mostOfAnswer) throw tooLongError();
    },
    total: () => total,
  };
}

const lineFeed = 10;
const carriageReturn = 13;

/** Looked for from the end, where an event ends most of the time. `before`: the last byte of the chunk before it. */
function bytesAfterBlankLine(chunk: Uint8Array, before: number): number | undefined {
  for (let at = chunk.length - 1; at >= 0; at -= 1) {
    const byte = chunk[at];
    if (byte !== lineFeed && byte !== carriageReturn) continue;
    const previous = at > 0 ? chunk[at - 1] : before;
    // Together, a carriage return and a line feed are the end of one line.
    const isBlank = previous === lineFeed || (previous === carriageReturn && byte === carriageReturn);
    if (isBlank) return chunk.length - 1 - at;
  }
  return undefined;
}

function silentError(idleMs: number): AppError {
  return new AppError(
    'provider_silent',
    `The provider began to answer and then sent nothing for ${Math.round(idleMs / 1000)} s. Send the message again; if the model is slow, raise llm.idleTimeoutMs.`,
    { status: 502 },
  );
}

function tooLongError(): AppError {
  return new AppError(
    'provider_answer_too_long',
    "The provider sent more than any answer of a model holds, and was stopped. Check the provider's address, or choose another model.",
    { status: 502 },
  );
}
