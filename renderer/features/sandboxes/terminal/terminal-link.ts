import type { TerminalEnd, TerminalFrame } from '../../../../server/contract/terminal.ts';
import { toApiError } from '../../../api/api-error.ts';
import { answer, api, apiBase, consoleHeader } from '../../../api/client.ts';
import { createFrameDecoder } from './frame-decoder.ts';
import { createInputQueue, type InputQueue } from './input-queue.ts';

export interface TerminalListener {
  /** Settles when it is on the screen; until then nothing more is fetched. */
  onOutput(bytes: Uint8Array, offset: number): Promise<void>;
  /** What was before is no longer known. */
  onGap(): void;
  onEnd(end: TerminalEnd | undefined): void;
}

/** All terminals of the page over one stream, made anew with the places that were reached when it breaks or changes. */
export interface TerminalLink {
  follow(id: string, listener: TerminalListener): () => void;
  type(id: string, bytes: Uint8Array): void;
  resize(id: string, size: { cols: number; rows: number }): void;
  close(): void;
}

interface Followed {
  listener: TerminalListener;
  offset: number;
  input: InputQueue;
}

const waitsMs = [200, 500, 1000, 2000, 4000];

export function createTerminalLink(onConnection: (isUp: boolean) => void): TerminalLink {
  const followed = new Map<string, Followed>();
  const client = crypto.randomUUID();
  let stream = new AbortController();
  let isOpening = false;
  let isClosed = false;

  /** Terminals come and go within one frame: the stream changes once, afterwards. */
  function reopen(): void {
    if (isOpening) return;
    isOpening = true;
    queueMicrotask(() => {
      isOpening = false;
      stream.abort();
      stream = new AbortController();
      if (!isClosed && followed.size > 0) void run(stream.signal);
    });
  }

  async function run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted && followed.size > 0; failures += 1) {
      try {
        await readOnce(signal, () => {
          failures = 0;
          onConnection(true);
        });
      } catch (error) {
        if (signal.aborted) return;
        if (toApiError(error).status !== 401) onConnection(false);
      }
      await new Promise((resolve) => setTimeout(resolve, waitsMs[Math.min(failures, waitsMs.length - 1)]));
    }
  }

  async function readOnce(signal: AbortSignal, onOpen: () => void): Promise<void> {
    const query = new URLSearchParams([...followed].map(([id, { offset }]) => ['at', `${id}:${offset}`]));
    const response = await fetch(`${apiBase}/terminals/stream?${query}`, { headers: consoleHeader, signal });
    if (!response.ok || !response.body) throw new TypeError(`status ${response.status}`);
    const decode = createFrameDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onOpen();
      for (const frame of decode(value)) {
        if (signal.aborted) return;
        await take(frame.header, frame.body);
      }
    }
  }

  async function take(frame: TerminalFrame, body: Uint8Array): Promise<void> {
    if (frame.type === 'beat') return;
    const known = followed.get(frame.id);
    if (!known) return;
    if (frame.type === 'gap') {
      known.offset = frame.offset;
      known.listener.onGap();
    } else if (frame.type === 'output') {
      // The place is known before the screen is: a stream that breaks in between must not bring it twice.
      known.offset = frame.offset + body.length;
      await known.listener.onOutput(body, frame.offset);
    } else {
      known.listener.onEnd(frame.type === 'ended' ? frame.end : undefined);
    }
  }

  return {
    follow(id, listener) {
      const input = createInputQueue((seq, bytes) =>
        fetch(`${apiBase}/terminals/${id}/input?client=${client}&seq=${seq}`, {
          method: 'POST',
          headers: { ...consoleHeader, 'Content-Type': 'application/octet-stream' },
          body: Uint8Array.from(bytes),
        }).then(({ status }) => status),
      );
      const own = { listener, offset: 0, input };
      followed.set(id, own);
      reopen();
      return () => {
        input.close();
        if (followed.get(id) === own) followed.delete(id);
        reopen();
      };
    },
    type: (id, bytes) => followed.get(id)?.input.push(bytes),
    resize(id, { cols, rows }) {
      // The next one tells it again; a terminal that is gone needs no size.
      answer(api.terminals[':id'].resize.$post({ param: { id }, json: { cols, rows } })).catch(() => undefined);
    },
    close() {
      isClosed = true;
      for (const { input } of followed.values()) input.close();
      followed.clear();
      stream.abort();
    },
  };
}
