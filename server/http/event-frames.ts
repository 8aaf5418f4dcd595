import { setImmediate as endOfTick } from 'node:timers/promises';
import type { NumberedEvent } from '../contract/events.ts';
import type { Logger } from '../telemetry/logger.ts';

export interface EventFrameOptions<T> {
  /** One item with its blank line at the end; never empty. */
  toFrame(item: T): string;
  /** A comment is sent this often, so that nothing between us and the client takes the silence for a dead connection. */
  keepAliveMs: number;
  logger: Logger;
}

/** Events of one tick travel together, up to this many characters. */
const MAX_CHUNK_LENGTH = 16_384;

/**
 * A run's events as server-sent events. They are taken from the run only when the reader asks for the next chunk, so a
 * slow client slows its own stream and fills no buffer here. A reader that leaves ends the iteration. When the run's
 * iteration fails, the stream ends without its last event, and the client resumes.
 */
export function eventFrames<T>(
  items: AsyncIterable<T>,
  { toFrame, keepAliveMs, logger }: EventFrameOptions<T>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator: MaybeReady<T> = items[Symbol.asyncIterator]();
  const frames = iterator.ready
    ? createReadyFrames(iterator, iterator.ready, toFrame)
    : createFrames(iterator, toFrame);
  let keepAlive: NodeJS.Timeout | undefined;
  let isOver = false;
  const stop = () => {
    isOver = true;
    clearInterval(keepAlive);
  };

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        keepAlive = setInterval(() => {
          const isReaderBehind = (controller.desiredSize ?? 0) < 0;
          if (!isReaderBehind) controller.enqueue(encoder.encode(': keep-alive\n\n'));
        }, keepAliveMs);
      },
      async pull(controller) {
        const chunk = await frames.next().catch((error: unknown) => {
          logger.error('the events of a run broke off', { error: String(error) });
          return '';
        });
        if (isOver) return;
        if (chunk !== '') return controller.enqueue(encoder.encode(chunk));
        stop();
        controller.close();
      },
      async cancel() {
        stop();
        await frames.leave();
      },
    },
    { highWaterMark: 0 },
  );
}

interface Frames {
  /** At least one event, and with it those that came in the same tick; empty after the last. */
  next(): Promise<string>;
  leave(): Promise<void>;
}

/** The log of a run tells what is there already without a promise for each of its events. */
type MaybeReady<T> = AsyncIterator<T> & { ready?: () => T | undefined };

function createReadyFrames<T>(
  iterator: AsyncIterator<T>,
  ready: () => T | undefined,
  toFrame: (item: T) => string,
): Frames {
  return {
    async next() {
      const first = await iterator.next();
      if (first.done) return '';
      let chunk = toFrame(first.value);
      await endOfTick();
      while (chunk.length < MAX_CHUNK_LENGTH) {
        const item = ready();
        if (item === undefined) break;
        chunk += toFrame(item);
      }
      return chunk;
    },
    async leave() {
      await iterator.return?.();
    },
  };
}

function createFrames<T>(iterator: AsyncIterator<T>, toFrame: (item: T) => string): Frames {
  /** A read that was begun and belongs to the next chunk. */
  let begun: Promise<IteratorResult<T>> | undefined;
  const take = () => {
    begun ??= iterator.next();
    return begun;
  };
  return {
    async next() {
      const first = await take();
      if (first.done) return '';
      begun = undefined;
      let chunk = toFrame(first.value);
      await endOfTick();
      while (chunk.length < MAX_CHUNK_LENGTH) {
        // What goes wrong here is kept for the next chunk; this one still goes out.
        const item = await readyNow(take()).catch(() => undefined);
        if (item === undefined || item.done) break;
        begun = undefined;
        chunk += toFrame(item.value);
      }
      return chunk;
    },
    async leave() {
      await iterator.return?.();
    },
  };
}

/** What the promise holds when it needs no more than a few microtasks. */
function readyNow<T>(promise: Promise<T>): Promise<T | undefined> {
  const soon = Promise.resolve(undefined).then().then().then();
  return Promise.race([promise, soon]);
}

/** A run's event as it travels. */
export function eventFrame({ sequence, event }: NumberedEvent): string {
  return `id: ${sequence}\ndata: ${JSON.stringify(event)}\n\n`;
}
