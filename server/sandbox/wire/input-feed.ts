import { inputChunkBytes, windowBytes } from './messages.ts';

/** The stdin of one call: never more on its way than the agent gave credit for. */
export interface InputFeed {
  /** Resolves when all of it was sent, with false when nobody takes it any more. Kept, not copied. */
  write(chunk: Uint8Array): Promise<boolean>;
  /** After everything that was written, and `last`. Idempotent. */
  end(last?: Uint8Array): void;
  addCredit(bytes: number): void;
  /** Nobody reads any more: what waits is dropped. */
  close(): void;
}

interface Waiting {
  chunk: Uint8Array;
  settle(isSent: boolean): void;
}

export function createInputFeed(send: (chunk: Uint8Array, isEnd: boolean) => void): InputFeed {
  const waiting: Waiting[] = [];
  let credit = windowBytes;
  let isEnding = false;
  let isOver = false;

  function pump(): void {
    for (let first = waiting[0]; first && !isOver && credit > 0; first = waiting[0]) {
      const part = first.chunk.subarray(0, Math.min(inputChunkBytes, credit));
      first.chunk = first.chunk.subarray(part.length);
      credit -= part.length;
      const isDone = first.chunk.length === 0;
      if (isDone) {
        waiting.shift();
      }
      isOver = isEnding && waiting.length === 0;
      send(part, isOver);
      if (isDone) {
        first.settle(true);
      }
    }
  }

  return {
    write(chunk) {
      if (isOver || isEnding || chunk.length === 0) {
        return Promise.resolve(!isOver && !isEnding);
      }
      return new Promise((settle) => {
        waiting.push({ chunk, settle });
        pump();
      });
    },
    end(last) {
      if (isEnding || isOver) {
        return;
      }
      isEnding = true;
      if (last && last.length > 0) {
        waiting.push({ chunk: last, settle: () => undefined });
        pump();
      } else if (waiting.length === 0) {
        isOver = true;
        send(new Uint8Array(), true);
      }
    },
    addCredit(bytes) {
      credit = Math.min(windowBytes, credit + bytes);
      pump();
    },
    close() {
      isOver = true;
      for (const { settle } of waiting.splice(0)) {
        settle(false);
      }
    },
  };
}

/** Hands all of it over, piece by piece, until nobody takes it any more. A fault of the source is the caller's. */
export async function pumpInput(source: AsyncIterable<Uint8Array>, input: Pick<InputFeed, 'write'>): Promise<void> {
  for await (const chunk of source) {
    if (!(await input.write(chunk))) {
      return;
    }
  }
}
