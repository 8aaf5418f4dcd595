import { messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { AgentClient } from './wire/agent-client.ts';
import { usageResultSchema } from './wire/messages.ts';

const everyMs = 5000;
/** After the last command; one that follows soon shall not wait for a look at all the files. */
const settleMs = 500;
const warnShare = 0.8;

export interface DiskWatchOptions {
  agent: AgentClient;
  /** In force now; 0 is none. */
  limitBytes(): number;
  onMeasured(bytes: number): void;
  /** It is over the limit and still grows. */
  onOver(bytes: number, limitBytes: number): void;
  clock: Clock;
  logger: Logger;
  container: string;
}

/** Measures a workspace while something runs in its sandbox: file systems of engines know no quota for a folder. */
export interface DiskWatch {
  start(): void;
  /** Measures once more, for what the last command left: soon, or at once when the workspace was full. */
  stop(): void;
  close(): void;
}

export function createDiskWatch(options: DiskWatchOptions): DiskWatch {
  const { agent, clock, logger, container } = options;
  let running: AbortController | undefined;
  let settling: AbortController | undefined;
  let last = 0;
  let measuredAt = clock.monotonic();
  let isWarned = false;
  let isClosed = false;

  /** `watched`: the commands that may be what grows. One that began after they ended may be what frees space. */
  async function measure(watched?: AbortSignal): Promise<void> {
    const limit = options.limitBytes();
    if (limit === 0 || isClosed) {
      return;
    }
    measuredAt = clock.monotonic();
    const { result } = await agent.call({ op: 'usage', params: { path: '.' }, result: usageResultSchema });
    const grows = result.bytes > last;
    last = result.bytes;
    options.onMeasured(result.bytes);
    if (result.bytes >= limit && grows && watched?.aborted === false) {
      logger.warn('A workspace is over its limit; what runs is stopped.', {
        container,
        bytes: result.bytes,
        limitBytes: limit,
      });
      options.onOver(result.bytes, limit);
    } else if (result.bytes >= limit * warnShare && !isWarned) {
      logger.warn('A workspace is nearly full.', { container, bytes: result.bytes, limitBytes: limit });
    }
    isWarned = result.bytes >= limit * warnShare;
  }

  async function watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(Math.max(0, measuredAt + everyMs - clock.monotonic()), signal);
      await measure(signal);
    }
  }

  async function settle(signal: AbortSignal): Promise<void> {
    const limit = options.limitBytes();
    if (limit === 0 || last < limit) {
      await clock.sleep(settleMs, signal);
    }
    await measure();
  }

  /** A sandbox that ended while it was measured has told so already. */
  const tellFault = (fault: unknown): void => {
    if (!isClosed && !(fault instanceof Error && fault.name === 'AbortError')) {
      logger.debug('A workspace could not be measured.', { container, error: messageOf(fault) });
    }
  };

  return {
    start() {
      if (!running && !isClosed) {
        settling?.abort();
        running = new AbortController();
        watch(running.signal).catch(tellFault);
      }
    },
    stop() {
      running?.abort();
      running = undefined;
      settling?.abort();
      settling = new AbortController();
      settle(settling.signal).catch(tellFault);
    },
    close() {
      isClosed = true;
      settling?.abort();
      running?.abort();
      running = undefined;
    },
  };
}
