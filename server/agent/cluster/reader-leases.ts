import type { Clock } from '../../lib/clock.ts';
import type { RunManager } from '../runs.ts';

export interface ReaderLeases {
  /** How often whoever reads elsewhere has to say so. */
  readonly renewMs: number;
  /** Somebody reads the run at another instance. */
  renew(runId: string): void;
  close(): void;
}

const renewMs = 3_000;
const leaseMs = 10_000;

/** Stands in for readers at other instances, so that a run is not given up while somebody reads it there. */
export function createReaderLeases({ clock, runs }: { clock: Clock; runs(): RunManager | undefined }): ReaderLeases {
  const reading = new Map<string, { until: number; leave(): void }>();

  async function hold(runId: string, events: AsyncIterator<unknown>): Promise<void> {
    const leaving = new AbortController();
    const entry = { until: clock.monotonic() + leaseMs, leave: () => leaving.abort() };
    reading.set(runId, entry);
    // Behind every event, so it waits for the end of the run.
    const over = events.next().finally(() => leaving.abort());
    while (!leaving.signal.aborted && clock.monotonic() < entry.until) {
      // Rejects when the run is over.
      await clock.sleep(entry.until - clock.monotonic(), leaving.signal).catch(() => undefined);
    }
    reading.delete(runId);
    await events.return?.();
    await over;
  }

  return {
    renewMs,
    renew(runId) {
      const known = reading.get(runId);
      if (known) {
        known.until = clock.monotonic() + leaseMs;
        return;
      }
      const events = runs()?.get(runId)?.events(Number.MAX_SAFE_INTEGER)[Symbol.asyncIterator]();
      if (events) void hold(runId, events);
    },
    close() {
      for (const { leave } of reading.values()) leave();
    },
  };
}
