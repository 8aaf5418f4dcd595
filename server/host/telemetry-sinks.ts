import type { RunTap } from '../agent/runs.ts';
import type { RunInfo } from '../contract/chat.ts';
import type { RunEvent } from '../contract/events.ts';
import type { LogLine } from '../contract/logs.ts';
import { messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { callHook } from '../plugins/call-hook.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Carries what happens to somewhere else. Called while runs work, so quick; what it throws harms nobody else. */
export interface TelemetrySink {
  name: string;
  /** Every event of every run, deltas included, redacted as for clients. */
  onEvent?(event: RunEvent, run: RunInfo): void;
  /** Every log line that is written, redacted. */
  onLog?(line: LogLine): void;
  /** When the program ends; given 5 s. */
  close?(): void | Promise<void>;
}

type Ear = 'onEvent' | 'onLog';

/** An ear that failed so often in a row is told nothing more. */
const mostFaults = 100;
/** Between two lines about the same ear. */
const quietMs = 60_000;

/** Sinks that cannot harm the ones who tell them. */
export function createSinks(sinks: readonly TelemetrySink[], clock: Clock) {
  const ears = new Map<string, { faults: number; toldAt: number }>();
  let logger: Logger | undefined;

  function tell(sink: TelemetrySink, ear: Ear, begin: () => void): void {
    const state = ears.get(`${ear} ${sink.name}`) ?? { faults: 0, toldAt: Number.NEGATIVE_INFINITY };
    if (state.faults >= mostFaults) return;
    try {
      begin();
      state.faults = 0;
    } catch (error) {
      state.faults += 1;
      ears.set(`${ear} ${sink.name}`, state);
      complain(sink, ear, state, error);
    }
  }

  function complain({ name }: TelemetrySink, ear: Ear, state: { faults: number; toldAt: number }, error: unknown) {
    const isOver = state.faults >= mostFaults;
    if (!isOver && clock.monotonic() - state.toldAt < quietMs) return;
    state.toldAt = clock.monotonic();
    const end = isOver ? ' It is told nothing more.' : '';
    // Later: the line comes back to the very sink that is at work here.
    setImmediate(() => logger?.warn(`The telemetry sink ${name} failed in ${ear}: ${messageOf(error)}${end}`));
  }

  const tap: RunTap = (run) => {
    const listening = sinks.filter((sink) => sink.onEvent);
    return (event) => {
      for (const sink of listening) tell(sink, 'onEvent', () => sink.onEvent?.(event, run));
    };
  };

  return {
    tap,
    echo(line: LogLine): void {
      for (const sink of sinks) if (sink.onLog) tell(sink, 'onLog', () => sink.onLog?.(line));
    },
    /** Where faults of sinks are told, once there is a log. */
    reportTo(own: Logger): void {
      logger = own;
    },
    /** Never rejects. */
    async close(): Promise<void> {
      for (const sink of sinks) {
        const result = await callHook(() => sink.close?.(), { clock });
        if (!result.ok) logger?.warn(`The telemetry sink ${sink.name} could not be closed: ${messageOf(result.error)}`);
      }
    },
  };
}
