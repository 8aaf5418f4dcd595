import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checklistIds } from '../contract/checklist.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { allChecks } from './all-checks.ts';
import type { Check, Finding } from './check.ts';
import { fakeSurroundings, scratchFolder } from './fake-surroundings.test-support.ts';
import { createProductionChecklist } from './production-checklist.ts';

const day = 86_400_000;
const passed: Finding = { state: 'passed', code: 'disk_roomy', params: { percent: 50 }, evidence: [] };
const warned: Finding = { state: 'warning', code: 'disk_tight', params: { percent: 9 }, evidence: [] };
const failed: Finding = { state: 'failed', code: 'disk_full', params: { percent: 1 }, evidence: [] };

function check(id: Check['id'], run: Check['run'], timeoutMs = 1000): Check {
  return { id, timeoutMs, run };
}

async function make(checks: readonly Check[], change: { dataDir?: string; clock?: Clock; keeps?: boolean } = {}) {
  const dataDir = change.dataDir ?? (await scratchFolder());
  const checklist = createProductionChecklist({
    at: await fakeSurroundings({ dataDir }),
    ...{ checks, clock: systemClock, logger: silentLogger, ...change },
    redact: (text) => text.replaceAll('sk-secret', '[redacted]'),
  });
  return { checklist, dataDir };
}

const never = new AbortController().signal;

describe('the production checklist', () => {
  it('has a check for every id, in the order of the contract', () => {
    expect(allChecks.map(({ id }) => id)).toEqual(checklistIds);
  });

  it('tells of each item as it ends, and a check that throws, hangs or rejects harms no other', async () => {
    const { checklist } = await make([
      check('disk', async () => passed),
      check('clock', () => {
        throw new Error('broken sk-secret');
      }),
      check('docker', () => Promise.reject(new Error('refused'))),
      check('logs', () => new Promise(() => undefined), 5),
    ]);
    const told: string[] = [];
    const report = await checklist.run({
      ids: ['disk', 'clock', 'docker', 'logs'],
      signal: never,
      onItem: ({ id, result }, done, total) => told.push(`${id} ${result?.state} ${done}/${total}`),
    });
    expect(told).toHaveLength(4);
    expect(told.at(-1)).toBe('logs could_not_check 4/4');
    const found = Object.fromEntries(report.items.map(({ id, result }) => [id, result]));
    expect(found.disk).toMatchObject({ state: 'passed', params: { percent: '50' } });
    expect(found.clock).toMatchObject({ code: 'check_threw', params: { reason: 'broken [redacted]' } });
    expect(found.docker).toMatchObject({ code: 'check_threw', params: { reason: 'refused' } });
    expect(found.logs).toMatchObject({ code: 'check_timed_out', params: { seconds: '0.005' } });
    expect(report).toMatchObject({ verdict: 'not_ready', toFix: 3 });
  });

  it('is ready only once every item was tested and none is to be fixed', async () => {
    const { checklist } = await make(checklistIds.map((id) => check(id, async () => passed)));
    expect(await checklist.report()).toMatchObject({ verdict: 'untested', toFix: 0 });
    expect(await checklist.run({ ids: ['disk'], signal: never })).toMatchObject({ verdict: 'untested' });
    expect(await checklist.run({ signal: never })).toMatchObject({ verdict: 'ready', toFix: 0, waived: 0 });
  });

  it('runs once at a time, and keeps what was found before an abort', async () => {
    const begun = Promise.withResolvers<void>();
    const { checklist } = await make([
      check('disk', async () => passed),
      check('logs', (_, signal) => {
        begun.resolve();
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      }),
    ]);
    const abort = new AbortController();
    const disk = Promise.withResolvers<void>();
    const running = checklist.run({ signal: abort.signal, onItem: ({ id }) => id === 'disk' && disk.resolve() });
    await begun.promise;
    await expect(checklist.run({ signal: never })).rejects.toMatchObject({ code: 'checklist_busy', status: 409 });
    await disk.promise;
    abort.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    const { items } = await checklist.report();
    expect(items.filter(({ result }) => result).map(({ id }) => id)).toEqual(['disk']);
    await expect(checklist.run({ ids: ['disk'], signal: never })).resolves.toBeDefined();
  });

  it('keeps results and waivers for the next program, and nothing that is secret', async () => {
    const leaky = async () => ({ ...warned, evidence: [{ name: 'key', value: 'sk-secret' }] });
    const { checklist, dataDir } = await make([check('disk', leaky)]);
    await checklist.run({ ids: ['disk'], signal: never });
    await checklist.waive('disk', { reason: 'A new disk comes, sk-secret', expiresAt: Date.now() + day });
    expect(await readFile(join(dataDir, 'readiness.json'), 'utf8')).not.toContain('sk-secret');
    const again = await make([check('disk', leaky)], { dataDir });
    const report = await again.checklist.report();
    expect(report).toMatchObject({ toFix: 0, waived: 1 });
    expect(report.items.find(({ id }) => id === 'disk')).toMatchObject({
      isWaived: true,
      result: { state: 'warning' },
      waiver: { state: 'warning', reason: 'A new disk comes, [redacted]' },
    });
    expect(await again.checklist.endWaiver('disk')).toMatchObject({ toFix: 1, waived: 0 });
  });

  it('counts a waiver until it expires, and for nothing worse than what was accepted', async () => {
    let now = Date.now();
    let finding = warned;
    const clock = { ...systemClock, now: () => now };
    const { checklist } = await make([check('disk', async () => finding)], { clock });
    await checklist.run({ ids: ['disk'], signal: never });
    await checklist.waive('disk', { reason: 'known', expiresAt: now + day });
    const disk = async () => (await checklist.report()).items.find(({ id }) => id === 'disk');
    expect(await disk()).toMatchObject({ isWaived: true, result: { state: 'warning' } });
    finding = failed;
    await checklist.run({ ids: ['disk'], signal: never });
    expect(await disk()).toMatchObject({ isWaived: false, result: { state: 'failed' }, waiver: { reason: 'known' } });
    finding = warned;
    await checklist.run({ ids: ['disk'], signal: never });
    now += day;
    expect(await disk()).toMatchObject({ isWaived: false, waiver: { reason: 'known' } });
  });

  it('refuses waivers of the past, of years, and of what needs none', async () => {
    const { checklist } = await make([check('disk', async () => passed), check('docker', async () => failed)]);
    await checklist.run({ ids: ['disk', 'docker'], signal: never });
    const until = (ms: number) => ({ reason: 'because', expiresAt: Date.now() + ms });
    await expect(checklist.waive('docker', until(-1))).rejects.toMatchObject({ code: 'waiver_refused', status: 400 });
    await expect(checklist.waive('docker', until(400 * day))).rejects.toMatchObject({ status: 400 });
    await expect(checklist.waive('disk', until(day))).rejects.toMatchObject({ code: 'waiver_refused', status: 409 });
    await expect(checklist.waive('logs', until(day))).rejects.toMatchObject({ status: 409 });
    expect(await checklist.waive('docker', until(day))).toMatchObject({ waived: 1 });
  });

  it('puts a damaged file aside instead of writing over it', async () => {
    const dataDir = await scratchFolder();
    await writeFile(join(dataDir, 'readiness.json'), '{"version":1,"waivers":{"disk":{"reason":3}}}');
    const reading = await make([check('disk', async () => warned)], { dataDir, keeps: false });
    expect(await reading.checklist.report()).toMatchObject({ verdict: 'untested' });
    expect(await readdir(dataDir)).toEqual(['readiness.json']);
    const { checklist } = await make([check('disk', async () => warned)], { dataDir });
    await checklist.run({ ids: ['disk'], signal: never });
    const names = (await readdir(dataDir)).sort();
    expect(names).toEqual(['readiness.json', expect.stringMatching(/^readiness\.json\.damaged-\d+$/)]);
    expect(await readFile(join(dataDir, names[1] ?? ''), 'utf8')).toContain('"reason":3');
  });

  it('forgets results of codes that it does not know, and no waiver with them', async () => {
    const dataDir = await scratchFolder();
    const waiver = { reason: 'known', since: 1, expiresAt: Date.now() + day, state: 'warning' };
    const results = { disk: { state: 'warning', code: 'of_the_future', params: {}, evidence: [] } };
    const text = JSON.stringify({ version: 1, waivers: { disk: waiver }, results });
    await writeFile(join(dataDir, 'readiness.json'), text);
    const { checklist } = await make([check('disk', async () => warned)], { dataDir });
    expect((await checklist.report()).items.find(({ id }) => id === 'disk')).toEqual({
      ...{ id: 'disk', waiver, isWaived: false },
    });
    expect(await checklist.run({ ids: ['disk'], signal: never })).toMatchObject({ waived: 1 });
  });

  it('tells what it found, also when the disk takes nothing; a waiver is refused then', async () => {
    const { checklist } = await make([check('disk', async () => failed)], { dataDir: '/nowhere/at/all' });
    expect(await checklist.run({ ids: ['disk'], signal: never })).toMatchObject({ toFix: 1 });
    const waiver = { reason: 'because', expiresAt: Date.now() + day };
    await expect(checklist.waive('disk', waiver)).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(await checklist.report()).toMatchObject({ waived: 0 });
  });

  it('ends what runs when it is closed, and begins nothing after', async () => {
    const begun = Promise.withResolvers<void>();
    let isLeft = false;
    const { checklist } = await make([
      check('logs', async (_, signal) => {
        begun.resolve();
        await systemClock.sleep(60_000, signal).finally(() => {
          isLeft = true;
        });
        return passed;
      }),
    ]);
    const running = checklist.run({ ids: ['logs'], signal: never });
    await begun.promise;
    const ended = expect(running).rejects.toMatchObject({ code: 'shutting_down' });
    await checklist.close();
    expect(isLeft).toBe(true);
    await ended;
    await expect(checklist.run({ signal: never })).rejects.toMatchObject({ code: 'shutting_down' });
  });
});
