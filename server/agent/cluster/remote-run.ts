import type { RunInfo } from '../../contract/chat.ts';
import type { NumberedEvent, RunEvent } from '../../contract/events.ts';
import type { Message } from '../../contract/messages.ts';
import type { Clock } from '../../lib/clock.ts';
import { parseMessage } from '../../sessions/message-line.ts';
import type { Database } from '../../sessions/postgres/database.ts';
import type { Listener } from '../../sessions/postgres/listener.ts';
import type { RunHandle } from '../runs.ts';

export interface RemoteRunOptions {
  database: Database;
  listener: Listener;
  clock: Clock;
  /** How often is looked when no notification comes. */
  lookMs: number;
  info: RunInfo;
  /** Says to the run's own instance that somebody reads, until the end is called. */
  keepReading(): () => void;
}

interface StoredRun {
  info: string | null;
  is_over: boolean;
  final_seq: number | null;
}

interface Chunk {
  first_seq: number;
  completed: number;
  body: string;
}

const chunksAtOnce = 8;

/** A run of another instance, read from what its instance wrote down. */
export function createRemoteRun(options: RemoteRunOptions): RunHandle {
  const { database, info } = options;
  const { runId, sessionId } = info;
  let latest = info;
  let done: Promise<void> | undefined;

  async function look(): Promise<StoredRun | undefined> {
    const [found] = await database.read<StoredRun>(
      'SELECT info, ended_at IS NOT NULL AS is_over, final_seq FROM agentrail.runs WHERE run_id = $1',
      [runId],
    );
    if (typeof found?.info === 'string')
      latest = {
        ...(JSON.parse(found.info) as RunInfo),
        ...(info.instance !== undefined && { instance: info.instance }),
      };
    return found;
  }

  async function* follow(after: number, signal: AbortSignal): AsyncGenerator<NumberedEvent> {
    using waiter = createWaiter(options, runId);
    const stopReading = options.keepReading();
    try {
      for (let position = after; !signal.aborted; ) {
        const seen = waiter.count();
        // The run first: when it is over, its last events are there already.
        const run = await look();
        const chunks = await readChunks(position);
        for (const chunk of chunks) {
          for (const event of await eventsOf(chunk, position)) {
            yield event;
            position = event.sequence;
          }
        }
        if (chunks.length > 0) continue;
        if (run === undefined) return;
        if (run.is_over) {
          const last = run.final_seq ?? 0;
          if (position < last) yield { sequence: last, event: await snapshot(undefined) };
          return;
        }
        await waiter.wait(seen, signal);
      }
    } finally {
      stopReading();
    }
  }

  function readChunks(after: number): Promise<Chunk[]> {
    return database.read<Chunk>(
      `SELECT first_seq, completed, body FROM agentrail.run_events
        WHERE run_id = $1 AND last_seq > $2 ORDER BY last_seq LIMIT ${chunksAtOnce}`,
      [runId, after],
    );
  }

  async function eventsOf(chunk: Chunk, position: number): Promise<NumberedEvent[]> {
    const events = JSON.parse(chunk.body) as NumberedEvent[];
    const wanted = events.filter(({ sequence }) => sequence > position);
    if (chunk.first_seq <= position + 1) return wanted;
    return [{ sequence: chunk.first_seq - 1, event: await snapshot(chunk.completed) }, ...wanted];
  }

  /** The first `many` messages of the run, all when undefined. */
  async function snapshot(many: number | undefined): Promise<RunEvent> {
    const rows = await database.read<{ body: string }>(
      `SELECT m.body FROM agentrail.runs r
          JOIN agentrail.sessions s USING (tenant_id, session_id, user_id)
          JOIN agentrail.messages m ON m.session_no = s.no AND m.run_id = r.run_id
        WHERE r.run_id = $1 ORDER BY m.seq LIMIT $2`,
      [runId, many ?? null],
    );
    const messages = rows
      .map(({ body }) => parseMessage(Buffer.from(body)))
      .filter((found): found is Message => !!found);
    return { type: 'snapshot', messages, ...(latest.pending && { pending: latest.pending }) };
  }

  /** As the events of a run here: leaving ends a read that waits. */
  function read(after: number): AsyncIterator<NumberedEvent> {
    const leaving = new AbortController();
    const events = follow(after, leaving.signal);
    const leave = async (): Promise<IteratorResult<NumberedEvent>> => {
      leaving.abort();
      return events.return(undefined);
    };
    return { next: () => events.next(), return: leave };
  }

  async function untilOver(): Promise<void> {
    using waiter = createWaiter(options, runId);
    for (;;) {
      const seen = waiter.count();
      const run = await look();
      if (run === undefined || run.is_over) return;
      await waiter.wait(seen, undefined);
    }
  }

  return {
    runId,
    sessionId,
    info: () => latest,
    events: (after = 0) => ({ [Symbol.asyncIterator]: () => read(after) }),
    get done() {
      done ??= untilOver().catch(() => undefined);
      return done;
    },
  };
}

interface Waiter extends Disposable {
  /** Grows with each notification. */
  count(): number;
  /** Resolves when there was one since `seen`, when it is time to look anyway, or when the signal fires. */
  wait(seen: number, signal: AbortSignal | undefined): Promise<void>;
}

function createWaiter({ listener, clock, lookMs }: RemoteRunOptions, runId: string): Waiter {
  let heard = 0;
  let wake = new AbortController();
  const forget = listener.on(`events ${runId}`, () => {
    heard += 1;
    wake.abort();
  });
  return {
    count: () => heard,
    async wait(seen, signal) {
      wake = new AbortController();
      if (heard !== seen) return;
      const either = signal ? AbortSignal.any([signal, wake.signal]) : wake.signal;
      // Rejects when one of them was faster than the clock.
      await clock.sleep(lookMs, either).catch(() => undefined);
    },
    [Symbol.dispose]: forget,
  };
}
