import type { RunInfo } from '../contract/chat.ts';
import { messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { repeat } from './live/repeat.ts';
import type { ServerControl } from './server-control.ts';

export interface RunsElsewhereOptions {
  server: ServerControl;
  clock: Clock;
  logger: Logger;
  /** Whether somebody looks: nobody asks for nobody. */
  isWatched(): boolean;
  onRun(run: RunInfo): void;
  signal: AbortSignal;
}

/** Follows the runs of other instances on the same store, for as long as the server is up. */
export interface RunsElsewhere {
  /** As of the last look. */
  list(): RunInfo[];
  /** Looks now. Never rejects. */
  look(): Promise<void>;
  /** False when no other instance knows it. Throws AppError `instance_unreachable` (503). */
  abort(runId: string): Promise<boolean>;
}

const lookMs = 2000;

export function followRunsElsewhere(options: RunsElsewhereOptions): RunsElsewhere {
  const { server, clock, logger, isWatched, onRun, signal } = options;
  let known = new Map<string, { run: RunInfo; text: string }>();
  let looking: Promise<void> | undefined;
  const elsewhere = () => server.parts()?.runs.elsewhere;

  async function lookOnce(): Promise<void> {
    try {
      const others = elsewhere();
      const found = (await others?.list()) ?? [];
      const before = known;
      known = new Map(found.map((run) => [run.runId, { run, text: JSON.stringify(run) }]));
      for (const { run, text } of known.values()) if (before.get(run.runId)?.text !== text) onRun(run);
      for (const { run } of before.values()) {
        if (known.has(run.runId)) continue;
        // Over, or forgotten already.
        const last = (await others?.find(run.runId))?.info();
        onRun(last && last.status !== 'running' ? last : { ...run, status: 'done', endedAt: clock.now() });
      }
    } catch (error) {
      logger.debug('runs of other instances are not known now', { reason: messageOf(error) });
    }
  }

  function look(): Promise<void> {
    looking ??= lookOnce().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  void repeat(clock, lookMs, signal, async () => {
    if ((isWatched() && elsewhere() !== undefined) || known.size > 0) await look();
  });

  return {
    list: () => Array.from(known.values(), ({ run }) => run),
    look,
    abort: async (runId) => (await elsewhere()?.abort(runId, 'Stopped in the console.')) ?? false,
  };
}
