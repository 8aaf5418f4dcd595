/** Larger than the tree of a page of ten thousand elements; a browser that says more at once is given up. */
export const maxMessageBytes = 16 * 1024 * 1024;

/**
 * Parts a stream into the messages of a debugging pipe, which end with a zero byte. False from `push`: one was longer
 * than the bound, nothing that follows can be trusted, and nothing is kept.
 */
export function createMessageSplitter(onMessage: (message: Buffer) => void, maxBytes = maxMessageBytes) {
  let parts: Uint8Array[] = [];
  let pendingBytes = 0;
  let isBroken = false;

  function keep(part: Uint8Array): boolean {
    pendingBytes += part.byteLength;
    isBroken = pendingBytes > maxBytes;
    if (isBroken) parts = [];
    else if (part.byteLength > 0) parts.push(part);
    return !isBroken;
  }

  return {
    push(chunk: Uint8Array): boolean {
      let from = 0;
      for (let end = chunk.indexOf(0); end !== -1 && !isBroken; end = chunk.indexOf(0, from)) {
        if (!keep(chunk.subarray(from, end))) return false;
        const message = Buffer.concat(parts);
        parts = [];
        pendingBytes = 0;
        from = end + 1;
        if (message.byteLength > 0) onMessage(message);
      }
      // Copied: the sender may use its buffer again.
      return !isBroken && keep(Uint8Array.from(chunk.subarray(from)));
    },
  };
}
