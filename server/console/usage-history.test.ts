import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { UsageBucket } from '../contract/usage.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { fakeClock, runInfo, temporaryFolder } from './fakes.test-support.ts';
import { createUsageFile } from './usage-file.ts';
import { createUsageWatch, type UsageStore } from './usage-history.ts';

const hourMs = 3_600_000;
const spent = { ...runInfo().usage, inputTokens: 10, outputTokens: 2, cost: 0.5 };

function open(startsAt: Date, store?: UsageStore) {
  const clock = fakeClock(startsAt.getTime());
  return { clock, usage: createUsageWatch({ clock, logger: silentLogger, store }) };
}

describe('what runs used', () => {
  it('starts again at local midnight, and counts a run that goes on over it to the new day', async () => {
    const { clock, usage } = open(new Date(2026, 4, 1, 23));
    usage.count(runInfo({ runId: 'run_done', status: 'done', usage: spent }));
    usage.count(runInfo({ runId: 'run_late', status: 'running', usage: spent }));
    expect(usage.today()).toMatchObject({ runs: 2, inputTokens: 20 });
    await clock.advance(2 * hourMs);
    expect(usage.today()).toMatchObject({ runs: 1, inputTokens: 10 });
  });

  it('counts each run once, with the last that was told of it', () => {
    const at = new Date(2026, 4, 1, 12);
    const { usage } = open(at);
    usage.count(runInfo({ runId: 'a', status: 'running', usage: { ...spent, inputTokens: 4 } }));
    const ended = runInfo({ runId: 'a', status: 'error', usage: spent, startedAt: +at - 3000, endedAt: +at });
    usage.count(ended);
    usage.count(ended);
    expect(usage.today()).toEqual({
      ...{ runs: 1, failed: 1, inputTokens: 10, outputTokens: 2, cost: 0.5, durationMs: 3000 },
    });
  });

  it('tells the last 24 hours and 30 days in full, oldest first, with what goes on in the last', async () => {
    const { clock, usage } = open(new Date(2026, 4, 1, 9, 40));
    usage.count(runInfo({ runId: 'a', status: 'done', usage: spent }));
    await clock.advance(26 * hourMs);
    usage.count(runInfo({ runId: 'b', status: 'done', usage: spent }));
    usage.count(runInfo({ runId: 'c', status: 'running' }));
    const { hours, days } = usage.history();
    expect(hours).toHaveLength(24);
    expect(hours.map(({ runs }) => runs)).toEqual([...Array(23).fill(0), 2]);
    expect(days).toHaveLength(30);
    expect(days.slice(-3).map(({ runs }) => runs)).toEqual([0, 1, 2]);
    expect(days.at(-1)?.at).toBe(new Date(2026, 4, 2).getTime());
  });

  it('is the same after a restart, and forgets what is older than it tells', async () => {
    const dataDir = await temporaryFolder();
    const first = open(new Date(2026, 4, 1, 12), createUsageFile(dataDir));
    first.usage.count(runInfo({ runId: 'a', status: 'done', usage: spent }));
    await first.usage.close();
    const second = open(new Date(2026, 4, 1, 13), createUsageFile(dataDir));
    second.usage.count(runInfo({ runId: 'b', status: 'done', usage: spent }));
    await second.usage.close();
    expect(second.usage.today()).toMatchObject({ runs: 2, cost: 1 });

    const later = open(new Date(2026, 6, 1, 12), createUsageFile(dataDir));
    later.usage.count(runInfo({ runId: 'c', status: 'done', usage: spent }));
    await later.usage.close();
    const kept = JSON.parse(await readFile(join(dataDir, 'usage.json'), 'utf8')) as { hours: UsageBucket[] };
    expect(kept.hours.map(({ runs }) => runs)).toEqual([1]);
  });

  it('tells what each model took, dearest first, also after a restart and of files that did not count it', async () => {
    const dataDir = await temporaryFolder();
    const noon = new Date(2026, 4, 1, 12);
    const old = { at: +noon, runs: 1, failed: 0, inputTokens: 1, outputTokens: 1, cost: 9, durationMs: 1 };
    await writeFile(join(dataDir, 'usage.json'), JSON.stringify({ version: 1, hours: [old] }));
    const first = open(noon, createUsageFile(dataDir));
    first.usage.count(runInfo({ runId: 'a', model: 'p:small', status: 'done', usage: { ...spent, cost: 0.1 } }));
    first.usage.count(runInfo({ runId: 'b', model: 'p:large', status: 'done', usage: spent }));
    first.usage.count(runInfo({ runId: 'c', model: 'p:large', status: 'running', usage: spent }));
    const large = { model: 'p:large', runs: 2, tokens: 24, cost: 1 };
    const small = { model: 'p:small', runs: 1, tokens: 12, cost: 0.1 };
    expect(first.usage.history().days.at(-1)?.models).toEqual([large, small]);
    await first.usage.close();
    const second = open(noon, createUsageFile(dataDir));
    second.usage.count(runInfo({ runId: 'd', model: 'p:large', status: 'done', usage: spent }));
    await second.usage.close();
    const { hours, days } = second.usage.history();
    expect(hours.at(-1)).toMatchObject({ runs: 4, models: [large, small] });
    expect(days.at(-2)?.models).toBeUndefined();
  });

  it('counts on when its file cannot be read or written, and writes once it can', async () => {
    const dataDir = await temporaryFolder();
    await writeFile(join(dataDir, 'usage.json'), '{"version":1,"hours":[{"at":"yesterday"}]}');
    const file = createUsageFile(dataDir);
    let isFull = true;
    const saved: number[] = [];
    const store: UsageStore = {
      load: file.load,
      async save(hours) {
        if (isFull) throw new Error('no space');
        saved.push(hours.length);
      },
    };
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
    const clock = fakeClock(new Date(2026, 4, 1, 12).getTime());
    const usage = createUsageWatch({ clock, logger, store });
    usage.count(runInfo({ runId: 'a', status: 'done', usage: spent }));
    await vi.waitFor(() => expect(warnings).toHaveLength(1));
    await clock.advance(10_000);
    expect(usage.today().runs).toBe(1);
    isFull = false;
    await clock.advance(10_000);
    expect(saved).toEqual([1]);
    await usage.close();
    expect(clock.sleeping()).toBe(0);
  });
});
