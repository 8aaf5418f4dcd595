import type { TerminalFrame } from '../../contract/terminal.ts';
import type { Clock } from '../../lib/clock.ts';
import { encodeFrame } from '../wire/frames.ts';
import type { Terminal, TerminalReader } from './terminal.ts';

const pieceBytes = 32 * 1024;
const beatMs = 15_000;

export interface TerminalStreamOptions {
  at: readonly { id: string; offset: number }[];
  find(id: string): Terminal | undefined;
  /** Told whenever any terminal has news. Returns the unsubscriber. */
  onChange(listener: () => void): () => void;
  clock: Clock;
  signal: AbortSignal;
}

interface Followed {
  id: string;
  terminal: Terminal | undefined;
  reader: TerminalReader;
  isOver: boolean;
}

/**
 * Frames of several terminals, each piece made when the other end asks for it: a page that is slow makes the programs
 * wait and costs no memory. Never ends by itself.
 */
export function openTerminalStream(options: TerminalStreamOptions): ReadableStream<Uint8Array> {
  const { clock, signal } = options;
  const followed = options.at.map(({ id, offset }): Followed => {
    const terminal = options.find(id);
    // Whoever is ahead of us remembers another program: from the beginning then.
    const reader = { offset: terminal && offset > terminal.ring.end() ? 0 : offset, isStalled: false };
    terminal?.join(reader);
    return { id, terminal, reader, isOver: false };
  });
  let wake: () => void = () => undefined;
  const unsubscribe = options.onChange(() => wake());
  const left = new AbortController();
  const leave = () => {
    left.abort();
    unsubscribe();
    wake();
    for (const { terminal, reader } of followed) terminal?.leave(reader);
  };

  /** The next piece of whoever has one, in turns. */
  function next(): Uint8Array | undefined {
    for (const each of followed) {
      const frame = each.isOver ? undefined : nextOf(each, options.find);
      if (frame) {
        followed.push(...followed.splice(followed.indexOf(each), 1));
        return frame;
      }
    }
    return undefined;
  }

  async function news(): Promise<void> {
    const changed = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const resting = new AbortController();
    await Promise.race([
      changed,
      clock.sleep(beatMs, AbortSignal.any([resting.signal, left.signal])).catch(() => undefined),
    ]);
    resting.abort();
  }

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const stop = () => {
          leave();
          controller.close();
        };
        if (signal.aborted) stop();
        else signal.addEventListener('abort', stop, { once: true, signal: left.signal });
        controller.enqueue(frameOf({ type: 'beat' }));
      },
      async pull(controller) {
        const frame = next();
        if (frame) {
          controller.enqueue(frame);
          return;
        }
        await news();
        if (!left.signal.aborted) controller.enqueue(next() ?? frameOf({ type: 'beat' }));
      },
      cancel: leave,
    },
    { highWaterMark: 1 },
  );
}

function nextOf(each: Followed, find: TerminalStreamOptions['find']): Uint8Array | undefined {
  const { id, terminal, reader } = each;
  if (!terminal || find(id) === undefined) {
    each.isOver = true;
    return frameOf({ type: 'gone', id });
  }
  const { ring } = terminal;
  if (reader.offset < ring.start()) {
    reader.offset = ring.start();
    return frameOf({ type: 'gap', id, offset: reader.offset });
  }
  const body = ring.read(reader.offset, pieceBytes);
  if (body.length > 0) {
    const frame = frameOf({ type: 'output', id, offset: reader.offset }, body);
    reader.offset += body.length;
    terminal.advance(reader);
    return frame;
  }
  const { ended } = terminal.info();
  each.isOver = ended !== undefined;
  return ended && frameOf({ type: 'ended', id, end: ended });
}

function frameOf(header: TerminalFrame, body?: Uint8Array): Uint8Array {
  return encodeFrame(header, body);
}
