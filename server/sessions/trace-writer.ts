import type { RunEvent } from '../contract/events.ts';
import type { SessionKey } from '../contract/ids.ts';
import { messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Events of a session are gathered this long: a turn tells many at once, and nobody waits for them. */
const gatherMs = 200;
/** Most that waits for the disk, per session. */
const maxWaitingBytes = 4 * 1024 * 1024;

export interface TraceWriterOptions {
  clock: Clock;
  logger: Logger;
  /** Appends lines to the session's trace; rejects when the disk refuses or the session is gone. */
  write(key: SessionKey, lines: string[]): Promise<void>;
}

/** Writes events in the background, in order. What the disk cannot take in time is dropped and counted. */
export interface TraceWriter {
  add(key: SessionKey, runId: string, event: RunEvent): void;
  /** Resolves when everything added so far, or added to this session, was written or dropped. */
  flush(key?: SessionKey): Promise<void>;
}

interface Waiting {
  lines: string[];
  bytes: number;
  dropped: number;
  writing: Promise<void>;
  /** Ends the gathering. */
  hurry: AbortController;
}

export function createTraceWriter({ clock, logger, write }: TraceWriterOptions): TraceWriter {
  const sessions = new Map<string, Waiting>();

  function add(key: SessionKey, runId: string, event: RunEvent): void {
    if (!isTraced(event)) return;
    const id = idOf(key);
    const line = JSON.stringify({ runId, at: clock.now(), event });
    const waiting = sessions.get(id) ?? start(id, key);
    if (waiting.bytes + line.length > maxWaitingBytes) {
      waiting.dropped += 1;
      return;
    }
    waiting.lines.push(line);
    waiting.bytes += line.length;
  }

  function start(id: string, key: SessionKey): Waiting {
    const waiting: Waiting = {
      lines: [],
      bytes: 0,
      dropped: 0,
      writing: Promise.resolve(),
      hurry: new AbortController(),
    };
    sessions.set(id, waiting);
    waiting.writing = clock
      .sleep(gatherMs, waiting.hurry.signal)
      // Somebody wants to see them now.
      .catch(() => undefined)
      .then(() => writeAll(id, key, waiting));
    return waiting;
  }

  async function writeAll(id: string, key: SessionKey, waiting: Waiting): Promise<void> {
    while (waiting.lines.length > 0) {
      const lines = waiting.lines;
      waiting.lines = [];
      waiting.bytes = 0;
      const reason = await tryWrite(key, lines);
      if (reason !== undefined) waiting.dropped += lines.length;
      if (waiting.dropped > 0) report(key, waiting.dropped, reason ?? 'the disk is too slow');
      waiting.dropped = 0;
    }
    // In the same tick as the last look, so that no event is added to a list that nobody writes.
    sessions.delete(id);
  }

  async function tryWrite(key: SessionKey, lines: string[]): Promise<string | undefined> {
    try {
      await write(key, lines);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  function report({ tenantId, sessionId }: SessionKey, dropped: number, reason: string): void {
    logger.warn('trace events dropped', { tenantId, sessionId, dropped, reason });
  }

  return {
    add,
    async flush(key) {
      if (key !== undefined) return hurry(sessions.get(idOf(key)));
      while (sessions.size > 0) await Promise.all(Array.from(sessions.values(), hurry));
    },
  };
}

async function hurry(waiting: Waiting | undefined): Promise<void> {
  waiting?.hurry.abort('wanted now');
  await waiting?.writing;
}

function idOf({ tenantId, userId, sessionId }: SessionKey): string {
  return `${tenantId}/${userId}/${sessionId}`;
}

/** Deltas and partial results are left out: the whole message or result follows them. */
function isTraced(event: RunEvent): boolean {
  if (event.type === 'message.update') return !event.event.type.endsWith('_delta');
  return event.type !== 'tool.update' && event.type !== 'snapshot';
}
