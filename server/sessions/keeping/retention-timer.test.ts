import { describe, expect, it } from 'vitest';
import type { RetentionPlan, RetentionRules } from '../../contract/keeping.ts';
import type { Clock } from '../../lib/clock.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { startRetentionTimer } from './retention-timer.ts';

/** Every sleep is told, and ends when the test says so. */
function steppedClock() {
  const sleeps: { ms: number; wake: () => void }[] = [];
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
        sleeps.push({ ms, wake: resolve });
      }),
  };
  return { clock, sleeps };
}

const session = { tenantId: 'a', userId: 'b', sessionId: 'c', title: '', lastActiveAt: 0, sizeBytes: 1 };
const plan: RetentionPlan = {
  sessions: [{ ...session, reason: 'age' }],
  freedBytes: 1,
  keptWithRun: 0,
  logFiles: [],
};

function start(rules: () => RetentionRules | undefined) {
  const { clock, sleeps } = steppedClock();
  const applied: RetentionPlan[] = [];
  let isFailing = false;
  const timer = startRetentionTimer({
    retention: {
      async preview() {
        if (isFailing) throw new Error('the disk is gone');
        return plan;
      },
      async apply(given) {
        applied.push(given);
        return { deleted: 1, freedBytes: 1, kept: 0, failed: 0, logFiles: 0 };
      },
    },
    ...{ rules, clock, logger: silentLogger, random: () => 0.5 },
  });
  return {
    ...{ timer, sleeps, applied },
    fail(is: boolean) {
      isFailing = is;
    },
  };
}

describe('the timer of retention', () => {
  it('applies the rules soon after the start and then once a day, each time a little later by chance', async () => {
    const { timer, sleeps, applied, fail } = start(() => ({ maxAgeDays: 1 }));
    expect(sleeps.map(({ ms }) => ms)).toEqual([63_000]);
    expect(applied).toEqual([]);
    sleeps[0]?.wake();
    await expect.poll(() => sleeps.length).toBe(2);
    expect(applied).toEqual([plan]);
    expect(sleeps[1]?.ms).toBe(86_400_000 * 1.05);
    fail(true);
    sleeps[1]?.wake();
    await expect.poll(() => sleeps.length).toBe(3);
    fail(false);
    sleeps[2]?.wake();
    await expect.poll(() => sleeps.length).toBe(4);
    expect(applied).toHaveLength(2);
    await timer.close();
  });

  it('does nothing without rules, and nothing after it was closed', async () => {
    const { timer, sleeps, applied } = start(() => undefined);
    sleeps[0]?.wake();
    await expect.poll(() => sleeps.length).toBe(2);
    await timer.close();
    await timer.close();
    sleeps[1]?.wake();
    expect(applied).toEqual([]);
  });
});
