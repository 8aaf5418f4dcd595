import { tmpdir } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import { vitalSpans } from '../contract/measures.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { createProcessVitals, startVitals } from './vitals.ts';

/** Time that is moved step by step. */
function steppedClock() {
  let now = Date.UTC(2026, 0, 1);
  let wake: (() => void) | undefined;
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        const stop = () => reject(signal?.reason);
        wake = () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        };
        signal?.addEventListener('abort', stop, { once: true });
      }),
  };
  return {
    clock,
    async step(ms: number = vitalSpans.minutes.stepMs) {
      now += ms;
      wake?.();
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

it('the last quarter of an hour is kept step by step, and a day in steps of five minutes', async () => {
  const { clock, step } = steppedClock();
  let count = 0;
  const read = () => {
    count += 1;
    return { lagMs: count, memoryBytes: 100, cpuPct: 50 };
  };
  const meter = { read, close: () => undefined };
  const vitals = startVitals(clock, meter);
  onTestFinished(vitals.close);
  const steps = 26 * 720;
  for (let taken = 1; taken < steps; taken += 1) await step();
  const { minutes, day } = vitals.history();
  expect([minutes.length, minutes.at(-1)?.lagMs]).toEqual([180, steps]);
  expect(day.length).toBeGreaterThanOrEqual(288);
  expect(day.length).toBeLessThanOrEqual(289);
  // Of a step of five minutes the longest lag is told, not the mean.
  expect(day[10]?.lagMs).toBeGreaterThan(day[9]?.lagMs ?? 0);
  expect(((day[10]?.lagMs ?? 0) - (day[9]?.lagMs ?? 0)) % 60).toBe(0);
  expect(day[10]).toMatchObject({ memoryBytes: 100, cpuPct: 50 });
});

it('nothing is made up for the time that a machine slept', async () => {
  const { clock, step } = steppedClock();
  const vitals = startVitals(clock, { read: () => ({ lagMs: 0, memoryBytes: 1, cpuPct: 0 }), close: () => undefined });
  onTestFinished(vitals.close);
  await step(3_600_000);
  const { minutes } = vitals.history();
  expect((minutes[1]?.at ?? 0) - (minutes[0]?.at ?? 0)).toBe(3_600_000);
  expect(minutes[1]?.lagMs).toBe(0);
  await step(vitalSpans.minutes.stepMs + 700);
  expect(vitals.history().minutes[2]?.lagMs).toBe(700);
});

it('a loop that was blocked shows as lag, once', async () => {
  const meter = createProcessVitals(tmpdir(), systemClock);
  onTestFinished(meter.close);
  await systemClock.sleep(120);
  meter.read();
  await systemClock.sleep(60);
  for (const until = performance.now() + 300; performance.now() < until; );
  await systemClock.sleep(120);
  await expect.poll(() => meter.read().lagMs, { interval: 60 }).toBeGreaterThan(150);
  await expect.poll(() => meter.read().diskFreeBytes).toBeGreaterThan(0);
  expect(meter.read().memoryBytes).toBeGreaterThan(1_000_000);
});
