/** Most bytes of one request; the server takes twice that. */
const pieceBytes = 32_768;
const waitsMs = [100, 250, 500, 1000, 2000];

export interface InputQueue {
  push(bytes: Uint8Array): void;
  /** What was not sent is forgotten. */
  close(): void;
}

/**
 * Sends what is typed in numbered pieces, one after the other, and each until it was answered: the other side takes every
 * number once. `send` resolves with the status of the answer.
 */
export function createInputQueue(
  send: (seq: number, bytes: Uint8Array) => Promise<number>,
  sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
): InputQueue {
  let waiting: Uint8Array[] = [];
  let seq = 0;
  let isSending = false;
  let isClosed = false;

  function takePiece(): Uint8Array {
    const whole = new Uint8Array(waiting.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of waiting) {
      whole.set(part, at);
      at += part.length;
    }
    const piece = whole.subarray(0, pieceBytes);
    waiting = whole.length > pieceBytes ? [whole.subarray(pieceBytes)] : [];
    return piece;
  }

  async function sendAll(): Promise<void> {
    isSending = true;
    while (waiting.length > 0 && !isClosed) {
      const piece = takePiece();
      seq += 1;
      for (let failures = 0; !isClosed; failures += 1) {
        const status = await send(seq, piece).catch(() => 0);
        // Refused for good: the terminal is gone, or knows another order.
        if ((status >= 400 && status < 500 && status !== 429) || status === 501) isClosed = true;
        if (status >= 200 && status < 500 && status !== 429) break;
        await sleep(waitsMs[Math.min(failures, waitsMs.length - 1)] ?? 0);
      }
    }
    isSending = false;
  }

  return {
    push(bytes) {
      if (isClosed || bytes.length === 0) return;
      waiting.push(bytes);
      if (!isSending) void sendAll();
    },
    close() {
      isClosed = true;
      waiting = [];
    },
  };
}
