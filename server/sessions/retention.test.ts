import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SessionKey } from '../contract/ids.ts';
import type { KeepingProgress } from '../contract/keeping.ts';
import { AppError } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { ann, turnOf, userMessage } from './conformance.ts';
import { createFileSessionStore } from './file-store.ts';
import { createSessionRemoval } from './keeping/session-removal.ts';
import { createRetention, type Retention } from './retention.ts';
import type { AgentrailSessionStore } from './store.ts';

const dayMs = 86_400_000;

describe('retention', () => {
  let dataDir: string;
  let store: AgentrailSessionStore;
  let now: number;
  let withRun: Set<string>;
  let removedBeside: string[];
  let oldLogs: { name: string; sizeBytes: number }[];
  let removedLogs: string[];
  let retention: Retention;
  const keyOf = (n: number): SessionKey => ({ ...ann, sessionId: `s${n}` });
  const left = async (): Promise<string[]> =>
    (await store.list({ limit: 50 })).sessions.map(({ sessionId }) => sessionId).toSorted();

  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'retention-'));
    now = 1_700_000_000_000;
    withRun = new Set();
    removedBeside = [];
    oldLogs = [];
    removedLogs = [];
    const clock = { ...systemClock, now: () => now };
    store = createFileSessionStore({ dataDir, logger: silentLogger, clock });
    retention = createRetention({
      sessions: store,
      clock,
      logger: silentLogger,
      hasRun: ({ sessionId }) => withRun.has(sessionId),
      remove: createSessionRemoval({
        sessions: store,
        async hold({ sessionId }) {
          if (withRun.has(sessionId)) throw new AppError('session_busy', 'busy', { status: 409 });
          return () => undefined;
        },
        freeSandbox: async ({ sessionId }) => void removedBeside.push(sessionId),
        removeWorkspace: async () => 0,
      }),
      logs: { find: async () => oldLogs, remove: async (names) => void removedLogs.push(...names) },
    });
    // s1 is the oldest; a day lies between any two.
    for (let n = 1; n <= 5; n += 1) {
      await store.getOrCreate(keyOf(n), { agentId: 'default', title: `t${n}` });
      await store.appendMessages(keyOf(n), [userMessage('x'.repeat(10_000))]);
      now += dayMs;
    }
  });
  afterEach(async () => {
    await store.close();
    await rm(dataDir, { recursive: true });
  });

  it('shows what would go by age and deletes exactly that', async () => {
    const plan = await retention.preview({ maxAgeDays: 3.5 });
    expect(plan.sessions.map(({ sessionId, reason }) => [sessionId, reason])).toEqual([
      ['s1', 'age'],
      ['s2', 'age'],
    ]);
    expect(await left()).toHaveLength(5);
    expect(await retention.apply(plan)).toMatchObject({ deleted: 2, freedBytes: plan.freedBytes, kept: 0, failed: 0 });
    expect(await left()).toEqual(['s3', 's4', 's5']);
    expect(removedBeside).toEqual(['s1', 's2']);
  });

  it('keeps the latest sessions that fit the size', async () => {
    const plan = await retention.preview({ maxTotalBytes: 25_000 });
    expect(plan.sessions.map(({ sessionId }) => sessionId)).toEqual(['s1', 's2', 's3']);
    expect(plan.freedBytes).toBeGreaterThan(30_000);
    await retention.apply(plan);
    expect((await store.totals('acme')).sizeBytes).toBeLessThanOrEqual(25_000);
  });

  it('never takes a session with a run, and counts its size first', async () => {
    withRun.add('s1');
    expect(await retention.preview({ maxAgeDays: 3.5 })).toMatchObject({
      sessions: [{ sessionId: 's2' }],
      keptWithRun: 1,
    });
    const bySize = await retention.preview({ maxTotalBytes: 25_000 });
    expect(bySize.sessions.map(({ sessionId }) => sessionId)).toEqual(['s2', 's3', 's4']);
  });

  it('lets live what came back to life after the preview', async () => {
    const plan = await retention.preview({ maxAgeDays: 0 });
    withRun.add('s1');
    await store.recordTurn(keyOf(2), turnOf());
    await store.delete(keyOf(3));
    expect(await retention.apply(plan)).toMatchObject({ deleted: 2, kept: 3 });
    expect(await left()).toEqual(['s1', 's2']);
  });

  it('stops when it is aborted, and takes nothing without a rule', async () => {
    expect((await retention.preview({})).sessions).toEqual([]);
    const plan = await retention.preview({ maxAgeDays: 0, tenantId: 'acme' });
    expect(await retention.apply(plan, { signal: AbortSignal.abort() })).toMatchObject({ deleted: 0, freedBytes: 0 });
    expect(await left()).toHaveLength(5);
    expect((await retention.preview({ maxAgeDays: 0, tenantId: 'other' })).sessions).toEqual([]);
  });

  it('lets old logs go with the sessions, and tells each step', async () => {
    oldLogs = [{ name: 'agentrail-2026-01-01.1.ndjson', sizeBytes: 7 }];
    const plan = await retention.preview({ maxAgeDays: 3.5, maxLogDays: 30 });
    expect(plan.logFiles).toEqual(oldLogs);
    const steps: KeepingProgress[] = [];
    const report = await retention.apply(plan, { onProgress: (step) => steps.push(step) });
    expect(report).toMatchObject({ deleted: 2, logFiles: 1, freedBytes: plan.freedBytes + 7 });
    expect(steps).toMatchObject([
      { done: 1, total: 2, name: 's1' },
      { done: 2, total: 2, name: 's2' },
    ]);
    expect(removedLogs).toEqual(['agentrail-2026-01-01.1.ndjson']);
  });

  it('deletes exactly what it showed, whatever the rules and the sessions', async () => {
    const sessions = fc.array(
      fc.record({
        ageDays: fc.integer({ min: 0, max: 40 }),
        bytes: fc.integer({ min: 1, max: 5000 }),
        runs: fc.boolean(),
      }),
      { maxLength: 12 },
    );
    const rules = fc.record(
      { maxAgeDays: fc.integer({ min: 0, max: 40 }), maxTotalBytes: fc.integer({ min: 0, max: 40_000 }) },
      { requiredKeys: [] },
    );
    let round = 0;
    await fc.assert(
      fc.asyncProperty(sessions, rules, async (made, given) => {
        round += 1;
        const tenantId = `t${round}`;
        const end = now;
        withRun.clear();
        for (const [n, { ageDays, bytes, runs }] of made.entries()) {
          const key = { tenantId, userId: 'ann', sessionId: `r${round}-${n}` };
          now = end - ageDays * dayMs;
          await store.getOrCreate(key, { agentId: 'default', title: 'x' });
          await store.appendMessages(key, [userMessage('y'.repeat(bytes))]);
          if (runs) withRun.add(key.sessionId);
        }
        now = end;
        const before = (await store.list({ tenantId, limit: 200 })).sessions;
        const plan = await retention.preview({ ...given, tenantId });
        const report = await retention.apply(plan);
        const after = (await store.list({ tenantId, limit: 200 })).sessions;
        const gone = before.filter((row) => !after.some(({ sessionId }) => sessionId === row.sessionId));
        const sum = (rows: { sizeBytes?: number }[]) => rows.reduce((total, { sizeBytes = 0 }) => total + sizeBytes, 0);
        expect(gone.map(({ sessionId }) => sessionId).toSorted()).toEqual(
          plan.sessions.map(({ sessionId }) => sessionId).toSorted(),
        );
        expect(report).toMatchObject({ deleted: gone.length, freedBytes: plan.freedBytes, kept: 0, failed: 0 });
        expect(plan.freedBytes).toBe(sum(gone));
        expect(gone.some(({ sessionId }) => withRun.has(sessionId))).toBe(false);
        const kept = after.filter(({ sessionId }) => !withRun.has(sessionId));
        const { maxAgeDays, maxTotalBytes } = given;
        if (maxAgeDays !== undefined) {
          expect(kept.every(({ lastActiveAt }) => lastActiveAt >= end - maxAgeDays * dayMs)).toBe(true);
        }
        if (maxTotalBytes !== undefined && kept.length > 0) expect(sum(after)).toBeLessThanOrEqual(maxTotalBytes);
        expect((await retention.preview({ ...given, tenantId })).sessions).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});
