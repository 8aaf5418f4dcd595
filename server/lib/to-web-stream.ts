import type { Readable } from 'node:stream';

/**
 * A stream of Node as the body of an answer. Reads only what is asked for; when the reader leaves, the source is destroyed
 * at once. `Readable.toWeb` ends the program instead when data is under way at that moment: it hands it to a stream that is
 * closed, outside of any promise (ERR_INVALID_STATE).
 */
export function toWebStream(source: Readable): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = source[Symbol.asyncIterator]();
  // The iterator throws it where it is asked next; without a listener it would end the program before.
  source.on('error', () => undefined);
  return new ReadableStream({
    async pull(controller) {
      const next = await chunks.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    cancel() {
      source.destroy();
    },
  });
}
