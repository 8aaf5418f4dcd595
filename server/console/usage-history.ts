import type { RunInfo } from '../contract/chat.ts';
import type { UsageBucket, UsageHistory, UsageSum } from '../contract/usage.ts';
import { messageOf } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { repeat } from './live/repeat.ts';
import { modelUseOf, withModels } from './model-use.ts';

const hoursTold = 24;
const daysTold = 30;
/** The days that are told, and the one that begins. */
const hoursKept = (daysTold + 1) * 24;
const saveEveryMs = 10_000;
const endedRemembered = 2000;

/** Where ended hours outlive the process. */
export interface UsageStore {
  /** Rejects when there is something that cannot be read. */
  load(): Promise<UsageBucket[]>;
  save(buckets: readonly UsageBucket[]): Promise<void>;
}

export interface UsageWatch {
  /** Told of every change of a run; applying one twice does no harm. */
  count(run: RunInfo): void;
  /** Since local midnight. */
  today(): UsageSum;
  history(): UsageHistory;
  /** Writes what is not written yet. Never rejects. */
  close(): Promise<void>;
}

export interface UsageWatchOptions {
  clock: Clock;
  logger: Logger;
  /** Absent: this process alone knows. */
  store?: UsageStore | undefined;
}

/**
 * What runs used by the hour. A run counts in the hour in which it ended, with all it used; one that goes on counts
 * now. Numbers are kept for 31 days; a killed process loses at most its last ten seconds of them.
 */
export function createUsageWatch({ clock, logger, store }: UsageWatchOptions): UsageWatch {
  const hours = new Map<number, UsageBucket>();
  const running = new Map<string, RunInfo>();
  /** Runs are told once more when clients look at them. */
  const ended = new Set<string>();
  const closing = new AbortController();
  let isLoaded = store === undefined;
  let isDirty = false;

  const loading = load();
  if (store) void repeat(clock, saveEveryMs, closing.signal, save);

  async function load(): Promise<void> {
    if (!store) return;
    try {
      for (const bucket of await store.load()) {
        const now = bucketAt(bucket.at);
        const models = withModels([...(now.models ?? []), ...(bucket.models ?? [])]);
        hours.set(bucket.at, { ...add(bucket, now), ...models });
      }
    } catch (error) {
      logger.warn('What earlier runs used cannot be read; counting begins anew.', { reason: messageOf(error) });
    }
    isLoaded = true;
  }

  function bucketAt(at: number): UsageBucket {
    return hours.get(at) ?? { at, ...nothing };
  }

  async function save(): Promise<void> {
    if (!store || !isDirty || !isLoaded) return;
    isDirty = false;
    const oldest = startOfHour(clock.now()) - hoursKept * hourMs;
    for (const at of hours.keys()) if (at < oldest) hours.delete(at);
    try {
      await store.save([...hours.values()]);
    } catch (error) {
      isDirty = true;
      logger.debug('What runs used could not be written and is tried again.', { reason: messageOf(error) });
    }
  }

  function end(run: RunInfo): void {
    running.delete(run.runId);
    if (ended.has(run.runId)) return;
    ended.add(run.runId);
    const [oldest] = ended;
    if (ended.size > endedRemembered && oldest !== undefined) ended.delete(oldest);
    const at = startOfHour(clock.now());
    const bucket = bucketAt(at);
    hours.set(at, { ...add(sumOf(run), bucket), ...withModels([...(bucket.models ?? []), modelUseOf(run)]) });
    isDirty = true;
  }

  function since(from: number, until = Number.POSITIVE_INFINITY): UsageSum {
    let sum: UsageSum = nothing;
    for (const bucket of hours.values()) if (bucket.at >= from && bucket.at < until) sum = add(bucket, sum);
    const now = clock.now();
    if (now < until) for (const run of running.values()) sum = add(sumOf(run), sum);
    return sum;
  }

  function bucketOf(at: number, until?: number): UsageBucket {
    const end = until ?? Number.POSITIVE_INFINITY;
    const ended = [...hours.values()].filter((hour) => hour.at >= at && hour.at < end);
    const going = clock.now() < end ? [...running.values()] : [];
    const uses = [...ended.flatMap(({ models = [] }) => models), ...going.map(modelUseOf)];
    return { at, ...since(at, until), ...withModels(uses) };
  }

  return {
    count(run) {
      if (run.status !== 'running') end(run);
      else if (!ended.has(run.runId)) running.set(run.runId, run);
    },
    today: () => since(startOfDay(clock.now(), 0)),
    history() {
      const now = clock.now();
      const hour = startOfHour(now);
      return {
        hours: Array.from({ length: hoursTold }, (_, place) => {
          const at = hour - (hoursTold - 1 - place) * hourMs;
          return bucketOf(at, place === hoursTold - 1 ? undefined : at + hourMs);
        }),
        days: Array.from({ length: daysTold }, (_, place) => {
          const back = daysTold - 1 - place;
          const at = startOfDay(now, back);
          return bucketOf(at, back === 0 ? undefined : startOfDay(now, back - 1));
        }),
      };
    },
    async close() {
      closing.abort();
      await loading;
      await save();
    },
  };
}

const hourMs = 3_600_000;
const nothing: UsageSum = { runs: 0, failed: 0, inputTokens: 0, outputTokens: 0, cost: 0, durationMs: 0 };

function sumOf({ status, usage, startedAt, endedAt }: RunInfo): UsageSum {
  const { inputTokens, outputTokens, cost } = usage;
  const durationMs = endedAt === undefined ? 0 : Math.max(0, endedAt - startedAt);
  return { runs: 1, failed: status === 'error' ? 1 : 0, inputTokens, outputTokens, cost, durationMs };
}

function add<T extends UsageSum>(one: UsageSum, other: T): T {
  return {
    ...other,
    runs: one.runs + other.runs,
    failed: one.failed + other.failed,
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    cost: one.cost + other.cost,
    durationMs: one.durationMs + other.durationMs,
  };
}

function startOfHour(time: number): number {
  return new Date(time).setMinutes(0, 0, 0);
}

/** Local midnight so many days ago; days of 23 and 25 hours included. */
function startOfDay(time: number, daysAgo: number): number {
  const day = new Date(time);
  day.setHours(0, 0, 0, 0);
  return day.setDate(day.getDate() - daysAgo);
}
