import type { MessageStep, RunEvent } from '../contract/events.ts';
import type { AssistantMessage } from '../contract/messages.ts';
import { newId } from '../lib/new-id.ts';
import type { DeltaPace } from './delta-pace.ts';

type Delta = Extract<MessageStep, { delta: string }>;

/** Tells the world of one assistant message while it is being written. */
export interface MessageEmitter {
  /** Something of the message was told: the call cannot be made again unseen. */
  readonly hasStarted: boolean;
  step(step: MessageStep): void;
  end(message: AssistantMessage): void;
  /** Drops what waits. Idempotent. */
  close(): void;
}

/** In UTF-16 units. */
const mostGathered = 16_384;

/** Deltas of one block that arrive in the same tick, or within the pause, travel as one event. The first does not wait. */
export function createMessageEmitter(emit: (event: RunEvent) => void, pace: DeltaPace = () => 0): MessageEmitter {
  const messageId = newId('message');
  let hasStarted = false;
  let waiting: Delta | undefined;
  let timer: NodeJS.Immediate | undefined;
  let pause: NodeJS.Timeout | undefined;
  let isFirst = true;

  function start(): void {
    if (hasStarted) return;
    hasStarted = true;
    emit({ type: 'message.start', messageId });
  }

  function stopWaiting(): void {
    clearImmediate(timer);
    clearTimeout(pause);
    timer = undefined;
    pause = undefined;
  }

  function wait(): void {
    const pauseMs = isFirst ? 0 : pace();
    isFirst = false;
    if (pauseMs === 0) timer = setImmediate(flush);
    else pause = setTimeout(flush, pauseMs);
  }

  function flush(): void {
    stopWaiting();
    const delta = waiting;
    waiting = undefined;
    if (delta) emit({ type: 'message.update', messageId, event: delta });
  }

  return {
    get hasStarted() {
      return hasStarted;
    },
    step(step) {
      start();
      if (!('delta' in step)) {
        flush();
        emit({ type: 'message.update', messageId, event: step });
      } else if (waiting?.type === step.type && waiting.contentIndex === step.contentIndex) {
        waiting.delta += step.delta;
        // What is told in one piece is also held in one piece for a reader that is slow: this much waits no longer.
        if (pause !== undefined && waiting.delta.length >= mostGathered) {
          stopWaiting();
          timer = setImmediate(flush);
        }
      } else {
        flush();
        waiting = { ...step };
        wait();
      }
    },
    end(message) {
      start();
      flush();
      emit({ type: 'message.end', messageId, message });
    },
    close() {
      stopWaiting();
      waiting = undefined;
    },
  };
}
