import { finished, type Readable } from 'node:stream';

/** More than this many wait only where the reader is slow. */
const mostWaiting = 16;

/**
 * What a stream reads, chunk by chunk. Its own iterator joins whatever has come meanwhile into one new buffer, which
 * costs more than everything else that is done with a fast stream. Leaving the loop destroys the stream.
 */
export async function* chunksOf(stream: Readable): AsyncGenerator<Buffer, void, void> {
  let waiting: Buffer[] = [];
  let end: { fault: Error | undefined } | undefined;
  let wake: () => void = () => undefined;

  const stopWatching = finished(stream, { writable: false }, (fault) => {
    end = { fault: fault ?? undefined };
    wake();
  });
  stream.on('data', (chunk: Buffer) => {
    waiting.push(chunk);
    if (waiting.length >= mostWaiting) {
      stream.pause();
    }
    wake();
  });
  try {
    while (true) {
      const chunks = waiting;
      waiting = [];
      yield* chunks;
      if (waiting.length > 0) {
        continue;
      }
      if (end) {
        break;
      }
      stream.resume();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (end.fault) {
      throw end.fault;
    }
  } finally {
    stopWatching();
    stream.destroy();
  }
}
