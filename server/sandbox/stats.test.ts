import { describe, expect, it } from 'vitest';
import type { SandboxInfo, SandboxState } from '../contract/sandbox.ts';
import type { Clock } from '../lib/clock.ts';
import type { ContainerUse } from './container-use.ts';
import { createStatsReader, type Measurable } from './stats.ts';

/** Time stands until the test moves it. */
function manualClock() {
  let time = 0;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  const clock: Clock = {
    now: () => time,
    monotonic: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { at: time + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      }),
  };
  return {
    clock,
    async pass(ms: number): Promise<void> {
      time += ms;
      for (const sleeper of sleepers) {
        if (sleeper.at <= time) {
          sleepers.delete(sleeper);
          sleeper.wake();
        }
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

function box(id: string, state: SandboxState = 'idle') {
  const info: SandboxInfo = {
    ...{ id, tenantId: 'acme', sessionId: id, image: 'x', createdAt: 0, lastUsedAt: 0 },
    ...{ memoryLimitBytes: 1, cpus: 1, running: [], containerId: `container-${id}`, state },
  };
  let tell: ((use: ContainerUse) => void) | undefined;
  let end: () => void = () => undefined;
  const measurable: Measurable = {
    info: () => info,
    engine: {
      watchUse: (_, onUse, signal) =>
        new Promise<void>((resolve) => {
          tell = onUse;
          end = () => {
            tell = undefined;
            resolve();
          };
          signal.addEventListener('abort', end);
        }),
    },
  };
  return {
    measurable,
    info,
    isWatched: () => tell !== undefined,
    tell: (use: ContainerUse) => tell?.(use),
    end: () => end(),
  };
}

const nowhere = { find: () => undefined };

describe('numbers from files', () => {
  it('are read at most once a second, and say how busy it was since the last time', async () => {
    const { clock, pass } = manualClock();
    let reads = 0;
    const use = { cpuMicros: 0, memoryBytes: 5, pids: 2 };
    const find = () => () => {
      reads += 1;
      return { ...use };
    };
    const reader = createStatsReader(clock, { find });
    const one = box('a');
    expect(await reader.read([one.measurable])).toEqual([{ id: 'a', at: 0, cpuPct: 0, memoryBytes: 5, pids: 2 }]);
    await pass(999);
    await reader.read([one.measurable]);
    expect(reads).toBe(1);
    use.cpuMicros = 500_000;
    await pass(1);
    expect((await reader.read([one.measurable]))[0]?.cpuPct).toBe(50);
    expect(reads).toBe(2);
    expect(one.isWatched()).toBe(false);
    reader.close();
  });

  it('leave out what is paused, ends, or is gone', async () => {
    const { clock } = manualClock();
    const reader = createStatsReader(clock, {
      find: (id) => () => (id === 'container-gone' ? undefined : { cpuMicros: 0, memoryBytes: 0, pids: 1 }),
    });
    const all = [box('a'), box('gone'), box('p', 'paused'), box('s', 'stopping')];
    expect((await reader.read(all.map(({ measurable }) => measurable))).map(({ id }) => id)).toEqual(['a']);
    reader.close();
  });
});

describe('numbers from the engine', () => {
  it('come from one stream each, which is closed when nobody has looked for five seconds', async () => {
    const { clock, pass } = manualClock();
    const reader = createStatsReader(clock, nowhere);
    const one = box('a');
    const first = reader.read([one.measurable]);
    one.tell({ cpuMicros: 0, memoryBytes: 5, pids: 2 });
    expect(await first).toMatchObject([{ cpuPct: 0, memoryBytes: 5 }]);
    await pass(2000);
    one.tell({ cpuMicros: 1_000_000, memoryBytes: 6, pids: 2 });
    expect(await reader.read([one.measurable])).toMatchObject([{ cpuPct: 50, memoryBytes: 6 }]);
    await pass(4000);
    expect(await reader.read([one.measurable])).toMatchObject([{ cpuPct: 50, memoryBytes: 6 }]);
    await pass(4999);
    expect(one.isWatched()).toBe(true);
    await pass(1);
    expect(one.isWatched()).toBe(false);
    reader.close();
  });

  it('do not hold up the others when an engine says nothing, and end with the sandbox', async () => {
    const { clock, pass } = manualClock();
    const reader = createStatsReader(clock, nowhere);
    const [quiet, loud] = [box('quiet'), box('loud')];
    const first = reader.read([quiet.measurable, loud.measurable]);
    loud.tell({ cpuMicros: 0, memoryBytes: 5, pids: 2 });
    await pass(2500);
    expect((await first).map(({ id }) => id)).toEqual(['loud']);
    loud.end();
    await pass(1000);
    expect(await reader.read([quiet.measurable, loud.measurable])).toEqual([]);
    quiet.info.state = 'stopping';
    await pass(1000);
    await reader.read([quiet.measurable, loud.measurable]);
    expect(quiet.isWatched()).toBe(false);
    reader.close();
  });
});
