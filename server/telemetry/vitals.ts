import { statfs } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type VitalHistory, type VitalSample, vitalSpans } from '../contract/measures.ts';
import type { Clock } from '../lib/clock.ts';

/** Fine enough to see what a person would feel, and too seldom to cost anything. */
const lagResolutionMs = 50;
/** Later than this was not busy but asleep. */
const longestLagMs = 60_000;

/** Remembers how the process did, in memory, bounded. */
export interface Vitals {
  history(): VitalHistory;
  /** Idempotent. */
  close(): void;
}

export interface Meter {
  /** Since it was asked last. Must not wait. */
  read(): Omit<VitalSample, 'at'>;
  close(): void;
}

export function startVitals(clock: Clock, meter: Meter): Vitals {
  const closing = new AbortController();
  const { signal } = closing;
  const minutes: VitalSample[] = [];
  const day: VitalSample[] = [];
  let step: VitalSample[] = [];
  let dueAt = clock.monotonic();
  const stepOf = (at: number) => Math.floor(at / vitalSpans.day.stepMs);

  function take(): void {
    const { lagMs, ...rest } = meter.read();
    // A meter that is read in the middle of a block does not see it whole; that this came late does.
    const lateMs = Math.round(clock.monotonic() - dueAt);
    const sample = { at: clock.now(), lagMs: lateMs > longestLagMs ? lagMs : Math.max(lagMs, lateMs), ...rest };
    dueAt = clock.monotonic() + vitalSpans.minutes.stepMs;
    keep(minutes, sample, vitalSpans.minutes);
    if (step[0] && stepOf(step[0].at) !== stepOf(sample.at)) {
      keep(day, joined(step), vitalSpans.day);
      step = [];
    }
    step.push(sample);
  }

  async function work(): Promise<void> {
    for (;;) {
      take();
      await clock.sleep(vitalSpans.minutes.stepMs, signal);
    }
  }
  // Rejects when it is closed while it waits.
  void work().catch(() => undefined);

  return {
    history: () => ({ minutes: [...minutes], day: step.length > 0 ? [...day, joined(step)] : [...day] }),
    close() {
      closing.abort();
      meter.close();
    },
  };
}

function keep(samples: VitalSample[], sample: VitalSample, { stepMs, spanMs }: { stepMs: number; spanMs: number }) {
  samples.push(sample);
  samples.splice(0, samples.length - spanMs / stepMs);
}

/** Stamped with the latest. */
function joined(samples: readonly VitalSample[]): VitalSample {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const free = samples.flatMap(({ diskFreeBytes }) => diskFreeBytes ?? []);
  return {
    at: samples.at(-1)?.at ?? 0,
    lagMs: Math.max(...samples.map(({ lagMs }) => lagMs)),
    memoryBytes: Math.round(mean(samples.map(({ memoryBytes }) => memoryBytes))),
    cpuPct: mean(samples.map(({ cpuPct }) => cpuPct)),
    ...(free.length > 0 && { diskFreeBytes: Math.round(mean(free)) }),
  };
}

/** Measures this process, and the disk of a folder without ever waiting for it. */
export function createProcessVitals(folder: string, clock: Clock): Meter {
  const delays = monitorEventLoopDelay({ resolution: lagResolutionMs });
  delays.enable();
  let cpu = process.cpuUsage();
  let readAt = clock.monotonic();
  let diskFreeBytes: number | undefined;
  let isAsking = false;

  function askDisk(): void {
    if (isAsking) return;
    isAsking = true;
    statfs(folder)
      .then(
        ({ bavail, bsize }) => {
          diskFreeBytes = bavail * bsize;
        },
        () => {
          diskFreeBytes = undefined;
        },
      )
      .finally(() => {
        isAsking = false;
      });
  }

  askDisk();
  return {
    read() {
      const now = clock.monotonic();
      const used = process.cpuUsage(cpu);
      const sample = {
        lagMs: delays.count === 0 ? 0 : Math.max(0, Math.round((delays.max / 1e6 - lagResolutionMs) * 10) / 10),
        memoryBytes: process.memoryUsage.rss(),
        cpuPct: now > readAt ? ((used.user + used.system) / 1000 / (now - readAt)) * 100 : 0,
        // A disk that hangs is not asked again, and what it said before is not told as if it were of now.
        ...(!isAsking && diskFreeBytes !== undefined && { diskFreeBytes }),
      };
      delays.reset();
      cpu = process.cpuUsage();
      readAt = now;
      askDisk();
      return sample;
    },
    close: () => void delays.disable(),
  };
}
