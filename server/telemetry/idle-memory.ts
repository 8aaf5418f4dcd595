import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../lib/clock.ts';

export interface IdleMemoryOptions {
  clock: Clock;
  /** Bytes that the heap holds of the system's memory, garbage and room included. */
  heapBytes?(): number;
  /** Share of the time since it was asked last that the event loop worked. */
  utilization?(): number;
  /** Gives back what is garbage. It stops the process for tens of milliseconds. */
  collect?(): void;
}

const lookEveryMs = 10_000;
/** Nobody waits for anything then. */
const idleBelow = 0.05;
/** Less is not worth the pause. */
const worthBytes = 16 * 1024 * 1024;

/**
 * V8 lets its heap grow and shrinks it when more is asked for: after a start, or a busy hour, a server that nobody uses
 * would keep that memory for days. Here it gives it back in the first quiet moment.
 */
export function startIdleMemory(options: IdleMemoryOptions): { close(): void } {
  const { clock, heapBytes = () => process.memoryUsage().heapTotal, utilization = sinceLast() } = options;
  const collect = options.collect ?? openCollector();
  const closing = new AbortController();
  let heldBytes = 0;

  async function work(): Promise<void> {
    for (;;) {
      await clock.sleep(lookEveryMs, closing.signal);
      const isIdle = utilization() < idleBelow;
      if (!isIdle || heapBytes() - heldBytes < worthBytes) continue;
      collect();
      heldBytes = heapBytes();
    }
  }
  // Rejects when it is closed while it waits.
  work().catch(() => undefined);
  return { close: () => closing.abort() };
}

function sinceLast(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}

/** The function that Node shows with `--expose-gc`, without showing it to anything else. */
function openCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return () => {
    if (typeof collect === 'function') collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  };
}
