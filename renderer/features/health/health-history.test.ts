import { describe, expect, it } from 'vitest';
import type { HealthReport } from '../../../server/console/api.ts';
import {
  addSample,
  blankSample,
  lastGood,
  type Sample,
  sampleOf,
  samplesKept,
  verdictOfLiveness,
  verdictOfReadiness,
} from './health-history.ts';

const process = { cpuPct: 1, memoryBytes: 2, uptimeMs: 3, openHandles: 4 };
const report = (change: Partial<HealthReport> = {}): HealthReport => ({
  ...{ checkedAt: 1, phase: 'ready', process, disk: null },
  ...change,
});
const probe = { url: 'http://x', durationMs: 1 };
const check = (status: 'ok' | 'warn' | 'fail') => ({ name: 'sandbox', status, durationMs: 1 });
const found = (status: 'ok' | 'warn' | 'fail') => ({ status: 'ready' as const, checks: [check(status)] });

describe('what a look at health came to', () => {
  it.each([
    [{}, 'none'],
    [{ liveness: { ...probe, error: 'refused' } }, 'unknown'],
    [{ liveness: { ...probe, status: 200 } }, 'ok'],
    [{ liveness: { ...probe, status: 421 } }, 'fail'],
  ])('liveness %j is %s', (change, verdict) => {
    expect(verdictOfLiveness(report(change))).toBe(verdict);
  });

  it.each([
    [{}, 'none'],
    [{ readiness: { ...probe, error: 'refused' } }, 'unknown'],
    [{ readiness: { ...probe, status: 200 } }, 'unknown'],
    [{ readiness: { ...probe, status: 200, found: found('ok') } }, 'ok'],
    [{ readiness: { ...probe, status: 200, found: found('warn') } }, 'warn'],
    [{ readiness: { ...probe, status: 503, found: found('fail') } }, 'fail'],
  ])('readiness %j is %s', (change, verdict) => {
    expect(verdictOfReadiness(report(change))).toBe(verdict);
  });

  it('is remembered by check, for as many looks as the strip shows', () => {
    let samples: readonly Sample[] = [];
    for (let at = 0; at < samplesKept + 5; at += 1) samples = addSample(samples, blankSample(at));
    expect([samples.length, samples[0]?.at]).toEqual([samplesKept, 5]);
    const good = sampleOf(report({ checkedAt: 100, readiness: { ...probe, status: 200, found: found('warn') } }));
    samples = addSample(addSample(samples, good), good);
    expect([samples.length, lastGood(samples, 'sandbox'), lastGood(samples, 'liveness')]).toEqual([60, 100, undefined]);
  });
});
