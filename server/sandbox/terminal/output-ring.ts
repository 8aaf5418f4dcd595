/** The last bytes of an output without end, by their place in it. */
export interface OutputRing {
  push(bytes: Uint8Array): void;
  /** A copy of what is kept from `offset` on, at most `maxBytes`. */
  read(offset: number, maxBytes: number): Buffer;
  /** Where what is kept begins. */
  start(): number;
  /** Where the next byte comes. */
  end(): number;
}

export function createOutputRing(sizeBytes: number): OutputRing {
  const kept = Buffer.alloc(sizeBytes);
  let end = 0;
  const start = () => Math.max(0, end - sizeBytes);

  return {
    push(bytes) {
      const tail = bytes.subarray(Math.max(0, bytes.length - sizeBytes));
      const at = (end + bytes.length - tail.length) % sizeBytes;
      const fits = Math.min(tail.length, sizeBytes - at);
      kept.set(tail.subarray(0, fits), at);
      kept.set(tail.subarray(fits), 0);
      end += bytes.length;
    },
    read(offset, maxBytes) {
      const from = Math.max(offset, start());
      const length = Math.max(0, Math.min(end - from, maxBytes));
      const at = from % sizeBytes;
      const fits = Math.min(length, sizeBytes - at);
      return Buffer.concat([kept.subarray(at, at + fits), kept.subarray(0, length - fits)]);
    },
    start,
    end: () => end,
  };
}
