import type { SandboxInfo, SandboxStats } from '../contract/sandbox.ts';
import type { Clock } from '../lib/clock.ts';
import { type Cgroups, createCgroups } from './cgroup-use.ts';
import type { ContainerUse, UseEngine } from './container-use.ts';
import { isUsable } from './sandbox-state.ts';

const freshMs = 1000;
/** Nobody has looked for so long: the engine's streams are closed. */
const lookMs = 5000;
/** An engine's first numbers take up to two of its rounds. */
const firstUseMs = 2500;

/** A sandbox to be measured. */
export interface Measurable {
  info(): SandboxInfo;
  readonly engine: UseEngine;
}

interface Measured {
  use: ContainerUse;
  /** Monotonic. */
  at: number;
}

/** Tells the latest use of one container. */
interface Meter {
  read(): Measured | undefined;
  close(): void;
}

interface Watched {
  meter: Meter;
  previous?: Measured;
  cpuPct: number;
}

/** Numbers of running sandboxes, measured at most once a second and only while somebody asks. */
export interface StatsReader {
  read(sandboxes: Measurable[]): Promise<SandboxStats[]>;
  close(): void;
}

export function createStatsReader(clock: Clock, cgroups: Cgroups = systemCgroups()): StatsReader {
  const watched = new Map<Measurable, Watched>();
  let latest: { at: number; stats: Promise<SandboxStats[]> } | undefined;
  let look = new AbortController();

  async function measure(all: Measurable[]): Promise<SandboxStats[]> {
    const running = all.filter((one) => isUsable(one.info().state));
    forgetAllBut(running);
    const begun: Promise<unknown>[] = [];
    for (const one of running) {
      if (!watched.has(one)) {
        watched.set(one, { meter: openMeter(one, begun), cpuPct: 0 });
      }
    }
    if (begun.length > 0) {
      const bound = new AbortController();
      await Promise.race([Promise.all(begun), clock.sleep(firstUseMs, bound.signal).catch(() => undefined)]);
      bound.abort();
    }
    return running.flatMap(tell);
  }

  function openMeter(one: Measurable, begun: Promise<unknown>[]): Meter {
    const { containerId = '' } = one.info();
    const readFiles = cgroups.find(containerId);
    if (readFiles) {
      return fileMeter(readFiles, clock);
    }
    const meter = streamMeter(one.engine, containerId, clock);
    begun.push(meter.begun);
    return meter;
  }

  function tell(one: Measurable): SandboxStats[] {
    const item = watched.get(one);
    const measured = item?.meter.read();
    if (!item || !measured) {
      return [];
    }
    const { use, at } = measured;
    const { previous } = item;
    if (previous && at > previous.at) {
      item.cpuPct = Math.max(0, (use.cpuMicros - previous.use.cpuMicros) / (at - previous.at) / 10);
    }
    item.previous = measured;
    return [{ id: one.info().id, at: clock.now(), cpuPct: item.cpuPct, memoryBytes: use.memoryBytes, pids: use.pids }];
  }

  function forgetAllBut(kept: Measurable[]): void {
    for (const [one, { meter }] of watched) {
      if (!kept.includes(one)) {
        meter.close();
        watched.delete(one);
      }
    }
  }

  function closeUnlessAskedAgain(): void {
    look.abort();
    look = new AbortController();
    clock.sleep(lookMs, look.signal).then(
      () => forgetAllBut([]),
      () => undefined,
    );
  }

  return {
    read(sandboxes) {
      closeUnlessAskedAgain();
      const now = clock.monotonic();
      if (!latest || now - latest.at >= freshMs) {
        latest = { at: now, stats: measure(sandboxes) };
      }
      return latest.stats;
    },
    close() {
      look.abort();
      forgetAllBut([]);
    },
  };
}

function systemCgroups(): Cgroups {
  return process.platform === 'linux'
    ? createCgroups({ root: '/sys/fs/cgroup', uid: process.getuid?.() })
    : { find: () => undefined };
}

function fileMeter(read: () => ContainerUse | undefined, clock: Clock): Meter {
  return {
    read() {
      const use = read();
      return use && { use, at: clock.monotonic() };
    },
    close: () => undefined,
  };
}

function streamMeter(engine: UseEngine, containerId: string, clock: Clock): Meter & { begun: Promise<unknown> } {
  const end = new AbortController();
  let measured: Measured | undefined;
  const begun = new Promise<void>((resolve) => {
    const onUse = (use: ContainerUse) => {
      measured = { use, at: clock.monotonic() };
      resolve();
    };
    engine.watchUse(containerId, onUse, end.signal).then(
      () => {
        // Told no more: old numbers must not look like new ones.
        measured = undefined;
        resolve();
      },
      () => resolve(),
    );
  });
  return { begun, read: () => measured, close: () => end.abort() };
}
