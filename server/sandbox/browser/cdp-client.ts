import { z } from 'zod';
import type { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { browserFault } from './faults.ts';
import { createMessageSplitter } from './message-splitter.ts';

const callTimeoutMs = 15_000;

export interface CdpEvent {
  method: string;
  params: unknown;
  /** Absent: of the browser as a whole. */
  sessionId?: string | undefined;
}

export interface CdpCall<Result> {
  method: string;
  params?: Record<string, unknown>;
  /** Absent: the browser as a whole is asked. */
  sessionId?: string;
  result: z.ZodType<Result>;
  timeoutMs?: number;
}

/**
 * The Chrome DevTools Protocol over a pair of pipes. What comes from the other end is hostile: messages that are no
 * answer to a question of ours and no event are dropped, answers of another shape fail their call.
 */
export interface CdpClient {
  /** Rejects with `browser_refused`, `browser_timeout`, `browser_broken`, or the fault that closed the client. */
  call<Result>(call: CdpCall<Result>): Promise<Result>;
  receive(chunk: Uint8Array): void;
  /** Fails what waits and everything after. The first one counts. */
  close(fault: AppError): void;
}

const messageSchema = z.object({
  id: z.number().int().optional(),
  method: z.string().max(200).optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
  sessionId: z.string().max(200).optional(),
});

interface Waiting {
  answer(result: unknown): void;
  fail(fault: AppError): void;
}

export interface CdpClientOptions {
  send(message: Uint8Array): void;
  /** Must not throw. */
  onEvent(event: CdpEvent): void;
  /** What came cannot be taken; the client is closed already. */
  onBroken(fault: AppError): void;
  clock: Clock;
  maxMessageBytes?: number;
}

export function createCdpClient({ send, onEvent, onBroken, clock, maxMessageBytes }: CdpClientOptions): CdpClient {
  const waiting = new Map<number, Waiting>();
  const splitter = createMessageSplitter(take, maxMessageBytes);
  let lastId = 0;
  let closed: AppError | undefined;

  function take(bytes: Buffer): void {
    const message = parse(bytes);
    if (!message || closed) return;
    const { id, method, params, result, error, sessionId } = message;
    if (id !== undefined) {
      const call = waiting.get(id);
      if (error) call?.fail(browserFault('browser_refused', `It said: ${oneLine(error.message)}`));
      else call?.answer(result);
    } else if (method !== undefined) {
      onEvent({ method, params, sessionId });
    }
  }

  function close(fault: AppError): void {
    if (closed) return;
    closed = fault;
    for (const call of [...waiting.values()]) call.fail(fault);
  }

  return {
    call<Result>({ method, params = {}, sessionId, result, timeoutMs = callTimeoutMs }: CdpCall<Result>) {
      if (closed) return Promise.reject(closed);
      const id = ++lastId;
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      const over = new AbortController();
      const settle = (): void => {
        waiting.delete(id);
        over.abort();
      };
      waiting.set(id, {
        answer(value) {
          settle();
          const parsed = result.safeParse(value);
          if (parsed.success) resolve(parsed.data);
          else reject(browserFault('browser_broken', `${method} had an answer of another shape.`, parsed.error));
        },
        fail(fault) {
          settle();
          reject(fault);
        },
      });
      clock.sleep(timeoutMs, over.signal).then(
        () => waiting.get(id)?.fail(browserFault('browser_timeout')),
        () => undefined,
      );
      const text = JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) });
      send(Buffer.from(`${text}\0`));
      return promise;
    },
    receive(chunk) {
      if (closed || splitter.push(chunk)) return;
      const fault = browserFault('browser_broken');
      close(fault);
      onBroken(fault);
    },
    close,
  };
}

function parse(bytes: Buffer): z.infer<typeof messageSchema> | undefined {
  try {
    return messageSchema.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    // Not JSON: nothing that anybody waits for.
    return undefined;
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 300);
}
