import type { NumberedEvent, RunEvent } from '../contract/events.ts';
import type { Message } from '../contract/messages.ts';
import type { PendingRequest } from '../contract/permissions.ts';

/** The events of one run, for any number of readers. Old ones are forgotten; a snapshot stands in for them. */
export interface EventLog {
  append(event: RunEvent): void;
  /** Messages that are complete with the event that comes next: what a snapshot after it holds. */
  complete(messages: readonly Message[]): void;
  /** No more events: readers end after the last one. Idempotent. */
  end(): void;
  /** See RunHandle.events. Each iteration counts as one reader until it ends or is left. */
  read(after: number): AsyncIterable<NumberedEvent>;
}

export interface EventLogOptions {
  /** Of the events that are kept. */
  maxBytes: number;
  /** What waits for people now. */
  pending?(): PendingRequest[];
  /** Told how many read now, on each change. Must not throw. */
  onReaders(count: number): void;
}

interface Kept extends NumberedEvent {
  sizeBytes: number;
}

/** An iterator that tells without a promise what is there already; undefined: nothing, or the end. */
export interface ReadyIterator<T> extends AsyncIterator<T> {
  ready(): T | undefined;
}

/** A small event's JSON without its text. */
const deltaOverheadBytes = 120;

export function createEventLog({ maxBytes, pending = () => [], onReaders }: EventLogOptions): EventLog {
  const kept: Kept[] = [];
  const completed: { sequence: number; message: Message }[] = [];
  const wake = new Set<() => void>();
  let first = 0;
  let keptBytes = 0;
  let lastSequence = 0;
  let hasEnded = false;
  let readers = 0;

  function forgetOldest(): void {
    while (keptBytes > maxBytes && first < kept.length - 1) {
      keptBytes -= kept[first]?.sizeBytes ?? 0;
      first += 1;
    }
    // Shifting an array per event costs its length each time; in batches it costs nothing.
    if (first > 1024 && first * 2 > kept.length) {
      kept.splice(0, first);
      first = 0;
    }
  }

  function wakeReaders(): void {
    for (const resume of wake) resume();
    wake.clear();
  }

  /** The next event for a reader that has seen everything up to `position`, if there is one already. */
  function nextAfter(position: number): NumberedEvent | undefined {
    if (position >= lastSequence) return undefined;
    const oldest = kept[first]?.sequence ?? lastSequence + 1;
    if (position + 1 >= oldest) {
      const entry = kept[first + position + 1 - oldest];
      return entry && { sequence: entry.sequence, event: entry.event };
    }
    const sequence = oldest - 1;
    const messages = completed.filter((entry) => entry.sequence <= sequence).map((entry) => entry.message);
    const waiting = pending();
    return { sequence, event: { type: 'snapshot', messages, ...(waiting.length > 0 && { pending: waiting }) } };
  }

  function changeReaders(by: 1 | -1): void {
    readers += by;
    onReaders(readers);
  }

  function read(after: number): ReadyIterator<NumberedEvent> {
    let position = after;
    let isOpen = true;
    let resume: (() => void) | undefined;
    changeReaders(1);

    function close(): IteratorResult<NumberedEvent> {
      if (isOpen) {
        isOpen = false;
        // A read that waits must not wait for an event that nobody wants any more.
        resume?.();
        changeReaders(-1);
      }
      return { done: true, value: undefined };
    }

    return {
      ready() {
        const next = isOpen ? nextAfter(position) : undefined;
        if (next) position = next.sequence;
        return next;
      },
      async next() {
        while (isOpen) {
          const next = nextAfter(position);
          if (next) {
            position = next.sequence;
            return { done: false, value: next };
          }
          if (hasEnded) break;
          await new Promise<void>((resolve) => {
            resume = resolve;
            wake.add(resolve);
          });
          if (resume) wake.delete(resume);
          resume = undefined;
        }
        return close();
      },
      return: async () => close(),
      throw: async (error) => {
        close();
        throw error;
      },
    };
  }

  return {
    append(event) {
      lastSequence += 1;
      const sizeBytes = sizeOf(event);
      kept.push({ sequence: lastSequence, event, sizeBytes });
      keptBytes += sizeBytes;
      forgetOldest();
      wakeReaders();
    },
    complete(messages) {
      for (const message of messages) completed.push({ sequence: lastSequence + 1, message });
    },
    end() {
      hasEnded = true;
      wakeReaders();
    },
    read: (after) => ({ [Symbol.asyncIterator]: () => read(after) }),
  };
}

/** What it weighs on the wire, near enough: deltas are many and need no exact count. */
function sizeOf(event: RunEvent): number {
  if (event.type === 'message.update') {
    return deltaOverheadBytes + ('delta' in event.event ? Buffer.byteLength(event.event.delta) : 0);
  }
  return Buffer.byteLength(JSON.stringify(event));
}
