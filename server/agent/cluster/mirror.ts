import type { RunInfo } from '../../contract/chat.ts';
import type { NumberedEvent, RunEvent } from '../../contract/events.ts';
import { messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../sessions/postgres/database.ts';
import { channel } from '../../sessions/postgres/listener.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { EventMirror } from './cluster.ts';

export interface MirrorOptions {
  database: Database;
  run: RunInfo;
  clock: Clock;
  logger: Logger;
  /** What of the events is kept for readers elsewhere, and most that waits to be written. */
  maxBytes: number;
  /** Events of so many milliseconds travel together. */
  gatherMs: number;
  /** Everything is told, or cannot be. */
  onOver(): void;
}

export interface RunMirror extends EventMirror {
  /** The run's summary as it is now. */
  follow(info: RunInfo): void;
  /** Resolves when everything was told or given up. */
  done: Promise<void>;
}

interface Waiting extends NumberedEvent {
  sizeBytes: number;
}

const isAlive = 'SELECT 1 FROM agentrail.runs WHERE run_id = $1 AND ended_at IS NULL AND $2::text IS NULL';
const isAliveAndNoted = 'UPDATE agentrail.runs SET info = $2 WHERE run_id = $1 AND ended_at IS NULL RETURNING 1';
const maxChunkBytes = 256 * 1024;
const retryPauseMs = 300;
/** How often the last words of a run are tried; after that its lease ends, and another instance writes them. */
const lastTries = 4;

/**
 * Writes a run's events to the database, a row for those of a moment, and tells the other instances. The run never waits
 * for it: what the database does not take in time is dropped, and readers get a snapshot there.
 */
export function createMirror(options: MirrorOptions): RunMirror {
  const { database, run, clock, logger, maxBytes, gatherMs } = options;
  const { runId } = run;
  const waiting: Waiting[] = [];
  /** Chunks in the database, to know which ones are too many. */
  const written: { lastSeq: number; sizeBytes: number }[] = [];
  /** The numbers of the events with which messages were complete. */
  const completed: number[] = [];
  const over = Promise.withResolvers<void>();
  let info: RunInfo | undefined = run;
  let waitingBytes = 0;
  let sequence = 0;
  let hasEnded = false;
  let writing: Promise<void> | undefined;

  function start(): void {
    writing ??= writeAll()
      .catch((error: unknown) => logger.debug('events wait for the database', { runId, reason: messageOf(error) }))
      .finally(() => {
        writing = undefined;
      });
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0 || info !== undefined) {
      if (!hasEnded) await clock.sleep(gatherMs);
      await writeChunk().catch(async (error: unknown) => {
        logger.debug('events wait for the database', { runId, reason: messageOf(error) });
        if (hasEnded) throw error;
        await clock.sleep(retryPauseMs);
      });
    }
  }

  async function writeChunk(): Promise<void> {
    const chunk = takeChunk();
    const about = info;
    info = undefined;
    const first = chunk.at(0);
    const last = chunk.at(-1);
    const body = JSON.stringify(chunk.map(({ sequence, event }) => ({ sequence, event })));
    const sizeBytes = Buffer.byteLength(body);
    try {
      await database.write(
        `WITH alive AS (${about === undefined ? isAlive : isAliveAndNoted}),
          trimmed AS (DELETE FROM agentrail.run_events WHERE run_id = $1 AND last_seq <= $7),
          put AS (
            INSERT INTO agentrail.run_events SELECT $1, $3::bigint, $4::bigint, $5::integer, $6::text FROM alive
              WHERE $3::bigint IS NOT NULL RETURNING 1
          )
          SELECT pg_notify('${channel}', json_build_object('topic', 'events ' || $1::text)::text) FROM put`,
        [
          ...[runId, about === undefined ? null : JSON.stringify(about), first?.sequence ?? null],
          ...[last?.sequence ?? null, first ? completedBefore(first.sequence) : 0, body, tooOld(sizeBytes)],
        ],
      );
    } catch (error) {
      waiting.unshift(...chunk);
      waitingBytes += chunk.reduce((sum, each) => sum + each.sizeBytes, 0);
      info ??= about;
      throw error;
    }
    if (last) written.push({ lastSeq: last.sequence, sizeBytes });
  }

  function takeChunk(): Waiting[] {
    let bytes = 0;
    let many = 0;
    while (many < waiting.length && (many === 0 || bytes < maxChunkBytes)) {
      bytes += waiting[many]?.sizeBytes ?? 0;
      many += 1;
    }
    const chunk = waiting.splice(0, many);
    waitingBytes -= chunk.reduce((sum, each) => sum + each.sizeBytes, 0);
    return chunk;
  }

  /** The number up to which chunks go so that the rest is not over the limit. */
  function tooOld(moreBytes: number): number {
    let kept = written.reduce((sum, each) => sum + each.sizeBytes, moreBytes);
    let upTo = 0;
    while (kept > maxBytes) {
      const oldest = written.shift();
      if (oldest === undefined) break;
      kept -= oldest.sizeBytes;
      upTo = oldest.lastSeq;
    }
    return upTo;
  }

  function completedBefore(firstSeq: number): number {
    return completed.filter((at) => at < firstSeq).length;
  }

  async function finish(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await writing;
        await writeAll();
        await database.write(
          `WITH ended AS (UPDATE agentrail.runs SET ended_at = now(), final_seq = $2
              WHERE run_id = $1 AND ended_at IS NULL RETURNING run_id)
            SELECT pg_notify('${channel}', json_build_object('topic', 'events ' || $1::text)::text) FROM ended`,
          [runId, sequence],
        );
        return;
      } catch (error) {
        if (tries >= lastTries) throw error;
        await clock.sleep(retryPauseMs);
      }
    }
  }

  return {
    done: over.promise,
    append(event: RunEvent) {
      sequence += 1;
      const sizeBytes = Buffer.byteLength(JSON.stringify(event)) + 32;
      waiting.push({ sequence, event, sizeBytes });
      waitingBytes += sizeBytes;
      while (waitingBytes > maxBytes && waiting.length > 1) waitingBytes -= waiting.shift()?.sizeBytes ?? 0;
      start();
    },
    complete(messages) {
      for (const _ of messages) completed.push(sequence + 1);
    },
    follow(next) {
      info = next;
      start();
    },
    end() {
      if (hasEnded) return;
      hasEnded = true;
      finish()
        .catch((error: unknown) => logger.warn('the end of a run was not told', { runId, reason: messageOf(error) }))
        .finally(() => {
          options.onOver();
          over.resolve();
        });
    },
  };
}
