import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { createDiskWatch, type DiskWatch } from './disk-watch.ts';
import type { AgentClient } from './wire/agent-client.ts';

let bytes: number;
let looks: number;
let overs: number;
let watch: DiskWatch;

beforeEach(() => {
  vi.useFakeTimers();
  bytes = 10;
  looks = 0;
  overs = 0;
  const call = () => {
    looks += 1;
    return Promise.resolve({ result: { bytes, files: 1 } });
  };
  watch = createDiskWatch({
    agent: { call } as unknown as AgentClient,
    limitBytes: () => 100,
    onMeasured: () => undefined,
    onOver: () => {
      overs += 1;
    },
    clock: { ...systemClock, monotonic: () => Date.now() },
    logger: silentLogger,
    container: 'x',
  });
});
afterEach(() => {
  watch.close();
  vi.useRealTimers();
});

describe('a workspace', () => {
  it('is measured once after the last command, not between commands that follow soon', async () => {
    for (let command = 0; command < 10; command += 1) {
      watch.start();
      await vi.advanceTimersByTimeAsync(10);
      watch.stop();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(looks).toBe(0);
    await vi.advanceTimersByTimeAsync(1000);
    expect(looks).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(looks).toBe(1);
  });

  it('is measured every five seconds however short the commands are, and while one runs', async () => {
    for (let command = 0; command < 100; command += 1) {
      watch.start();
      await vi.advanceTimersByTimeAsync(100);
      watch.stop();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(looks).toBe(3);
    watch.start();
    await vi.advanceTimersByTimeAsync(14_000);
    expect(looks).toBe(6);
  });

  it('that was full is measured at once, so that what was deleted makes room', async () => {
    bytes = 100;
    watch.start();
    await vi.advanceTimersByTimeAsync(5000);
    expect([looks, overs]).toEqual([1, 1]);
    watch.stop();
    await vi.advanceTimersByTimeAsync(0);
    expect(looks).toBe(2);
  });

  it('that is found full after the last command stops none that begins meanwhile: it may be what frees space', async () => {
    watch.start();
    await vi.advanceTimersByTimeAsync(100);
    bytes = 100;
    watch.stop();
    await vi.advanceTimersByTimeAsync(499);
    watch.start();
    await vi.advanceTimersByTimeAsync(1);
    watch.stop();
    await vi.advanceTimersByTimeAsync(500);
    expect([looks, overs]).toEqual([1, 0]);
  });
});
