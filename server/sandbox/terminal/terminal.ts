import type { TerminalEnd, TerminalInfo } from '../../contract/terminal.ts';
import { messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { ExecResult, Sandbox } from '../sandbox.ts';
import { createOutputRing, type OutputRing } from './output-ring.ts';
import type { TerminalSize } from './terminal-process.ts';

/** What is kept of the output of one terminal, for whoever attaches later. */
export const ringBytes = 512 * 1024;
/** How far the slowest reader may lag before the program has to wait for it. */
const windowBytes = 128 * 1024;
/** A reader that takes nothing for so long is waited for no more; it gets a gap. */
const stallMs = 10_000;
/** What may become a secret is shown when nothing follows for so long. */
const heldBackMs = 40;
/** Pages whose numbering is remembered. */
const clientsKept = 16;

/** Text in pieces, with what must not be seen taken out. */
export interface OutputFilter {
  push(piece: string): string;
  end(): string;
}

/** Somebody who follows a terminal. */
export interface TerminalReader {
  offset: number;
  isStalled: boolean;
}

export interface Terminal {
  info(): TerminalInfo;
  readonly ring: Pick<OutputRing, 'read' | 'start' | 'end'>;
  /**
   * Typed by one page, which numbers what it sends from 1 on: what came already is taken for sent, so a page that is not
   * sure may send again. False when something before it is missing.
   */
  write(client: string, seq: number, bytes: Uint8Array): Promise<boolean>;
  resize(size: TerminalSize): void;
  signal(name: string): void;
  close(): void;
  join(reader: TerminalReader): void;
  /** The reader took what lies before its offset. */
  advance(reader: TerminalReader): void;
  leave(reader: TerminalReader): void;
}

export interface TerminalOptions {
  id: string;
  sandbox: Sandbox;
  shell: string;
  size: TerminalSize;
  filter: () => OutputFilter;
  clock: Clock;
  /** There is output, or an end. Must not throw. */
  onChange(): void;
}

export function createTerminal(options: TerminalOptions): Terminal {
  const { id, sandbox, shell, clock } = options;
  const ring = createOutputRing(ringBytes);
  const readers = new Set<TerminalReader>();
  const clients = new Map<string, { seq: number; written: Promise<void> }>();
  const decoder = new TextDecoder();
  const over = new AbortController();
  let filter = options.filter();
  let flush = new AbortController();
  let size = options.size;
  let ended: TerminalEnd | undefined;
  let isClosed = false;
  let waiting: { resolve(): void; promise: Promise<void> } | undefined;
  const startedAt = clock.now();

  function show(text: string): void {
    if (text !== '') {
      ring.push(Buffer.from(text));
      options.onChange();
    }
  }

  function take(chunk: Uint8Array): void | Promise<void> {
    flush.abort();
    show(filter.push(decoder.decode(chunk, { stream: true })));
    flush = new AbortController();
    clock.sleep(heldBackMs, AbortSignal.any([flush.signal, over.signal])).then(restart, () => undefined);
    return room();
  }

  function restart(): void {
    show(filter.end());
    filter = options.filter();
  }

  const lags = () => [...readers].some((each) => !each.isStalled && ring.end() - each.offset > windowBytes);

  function room(): void | Promise<void> {
    if (!lags()) {
      return;
    }
    if (!waiting) {
      waiting = Promise.withResolvers<void>();
      watchSlow();
    }
    return waiting.promise;
  }

  /** While the program waits: whoever has not moved meanwhile is not waited for. */
  function watchSlow(): void {
    const before = new Map([...readers].map((reader) => [reader, reader.offset]));
    clock.sleep(stallMs, over.signal).then(
      () => {
        for (const [reader, offset] of before) {
          reader.isStalled ||= reader.offset === offset;
        }
        makeRoom();
        if (waiting) {
          watchSlow();
        }
      },
      () => undefined,
    );
  }

  function makeRoom(): void {
    if (!lags()) {
      waiting?.resolve();
      waiting = undefined;
    }
  }

  function end(how: TerminalEnd): void {
    flush.abort();
    show(filter.push(decoder.decode()) + filter.end());
    ended = how;
    over.abort();
    waiting?.resolve();
    options.onChange();
  }

  const process = sandbox.openTerminal({ command: commandOf(shell), size, onOutput: take });
  process.ended.then(
    (result) => end(endOf(result, isClosed)),
    (fault: unknown) => end({ exitCode: null, signal: null, by: 'failed', reason: messageOf(fault) }),
  );

  return {
    info: () => ({
      ...{ id, sandboxId: sandbox.info.id, shell, startedAt, ...size, offset: ring.end() },
      ...(ended && { ended }),
    }),
    ring,
    async write(client, seq, bytes) {
      const known = clients.get(client) ?? { seq: 0, written: Promise.resolve() };
      if (seq <= known.seq) {
        await known.written;
        return true;
      }
      if (seq !== known.seq + 1) {
        return false;
      }
      // In the order of their numbers, and once each.
      const written = known.written.then(() => process.write(bytes));
      clients.delete(client);
      clients.set(client, { seq, written });
      const [oldest] = clients.keys();
      if (clients.size > clientsKept && oldest !== undefined) {
        clients.delete(oldest);
      }
      await written;
      return true;
    },
    resize(next) {
      size = next;
      process.resize(next);
    },
    signal: (name) => process.signal(name),
    close() {
      isClosed = true;
      // A shell ends its jobs in order then; whoever does not listen is killed.
      process.signal('SIGHUP');
      process.close();
    },
    join: (reader) => void readers.add(reader),
    advance(reader) {
      reader.isStalled = false;
      makeRoom();
    },
    leave(reader) {
      readers.delete(reader);
      makeRoom();
    },
  };
}

/** As a person's own: it reads their start-up files. */
function commandOf(shell: string): string[] {
  return [shell, '-i', '-l'];
}

function endOf({ exitCode, signal, endedBy }: ExecResult, isClosed: boolean): TerminalEnd {
  const by = isClosed ? 'closed' : endedBy === 'exit' || endedBy === 'oom' ? 'exit' : 'lost';
  return { exitCode, signal, by };
}
