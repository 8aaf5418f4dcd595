import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SizeRecord } from '../contract/measures.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { growthOf } from './growth.ts';
import { recordOf, sizeHistoryName, startSizeHistory, thinned } from './size-history.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const start = Date.UTC(2026, 0, 10);
let dataDir: string;
let now: number;
let size: number;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'sizes-'));
  [now, size] = [start, 1000];
});
afterEach(() => rm(dataDir, { recursive: true }));

function open() {
  return startSizeHistory({
    dataDir,
    disk: {
      read: async () => ({ totalBytes: 1e9, freeBytes: 5e8, usedBytes: { tenants: size, logs: 10 }, measuredAt: now }),
    },
    clock: { now: () => now, monotonic: () => now, sleep: () => new Promise(() => undefined) },
    logger: silentLogger,
  });
}

const written = async () => JSON.parse(await readFile(path.join(dataDir, sizeHistoryName), 'utf8'));

describe('the history of sizes', () => {
  it('is written once an hour, outlives the program, and tells growth and when the disk is full', async () => {
    for (let hour = 0; hour < 24; hour += 1) {
      const sizes = open();
      await sizes.whenDue();
      await sizes.whenDue();
      await sizes.close();
      now += hourMs;
      size += 1_000_000;
    }
    expect((await written()).records).toHaveLength(24);
    const sizes = open();
    const growth = await sizes.growth();
    expect(growth.history).toHaveLength(25);
    expect(growth.perDay).toMatchObject({ bytes: 24_000_000, folders: { tenants: 24_000_000, logs: 0 }, since: start });
    expect(growth.fullInDays).toBeCloseTo(5e8 / 24e6);
    await sizes.close();
  });

  it('says nothing of a day after an hour, and nothing of a full disk when nothing grows', async () => {
    const sizes = open();
    await sizes.whenDue();
    now += hourMs;
    await sizes.whenDue();
    expect(await sizes.growth()).not.toHaveProperty('perDay');
    for (let hour = 0; hour < 5; hour += 1) {
      now += hourMs;
      await sizes.whenDue();
    }
    expect(await sizes.growth()).toMatchObject({ perDay: { bytes: 0 } });
    expect(await sizes.growth()).not.toHaveProperty('fullInDays');
    await sizes.close();
  });

  it.each(['{', '{"version":1,"records":[{"at":"x"}]}', ''])('begins anew when its file is %j', async (text) => {
    await writeFile(path.join(dataDir, sizeHistoryName), text);
    const sizes = open();
    expect((await sizes.growth()).history).toHaveLength(1);
    await sizes.whenDue();
    expect((await written()).records).toHaveLength(1);
    await sizes.close();
  });

  it('goes on after the clock was set back, without records of the future', async () => {
    const sizes = open();
    await sizes.whenDue();
    now -= 10 * dayMs;
    await sizes.whenDue();
    expect((await written()).records).toMatchObject([{ at: now }]);
    await sizes.close();
  });

  it('stays bounded over years and with any number of folders', () => {
    let records: SizeRecord[] = [];
    for (let at = start; at < start + 800 * dayMs; at += 6 * hourMs)
      records = thinned([...records, { at, freeBytes: 1, folders: {} }], at);
    expect(records.length).toBeLessThan(336 + 401);
    const usedBytes = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`f${index}`, index + 1]));
    const { folders } = recordOf({ totalBytes: 1, freeBytes: 1, measuredAt: 1, usedBytes });
    expect(Object.keys(folders)).toHaveLength(25);
    expect(Object.values(folders).reduce((sum, each) => sum + each, 0)).toBe((500 * 501) / 2);
  });
});

it('growth is a number for any records whatever', () => {
  const record = fc.record({
    at: fc.integer({ min: 0, max: 40 * dayMs }),
    freeBytes: fc.nat(),
    folders: fc.dictionary(fc.string({ maxLength: 5 }), fc.nat(), { maxKeys: 4 }),
  });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 30 }), record, (records, latest) => {
      const sorted = records.toSorted((a, b) => a.at - b.at);
      const { perDay, fullInDays = 0, history } = growthOf(sorted, latest);
      expect(history.at(-1)?.at).toBe(latest.at);
      if (perDay)
        expect(Object.values(perDay.folders).every(Number.isFinite) && Number.isFinite(perDay.bytes)).toBe(true);
      expect(fullInDays).toBeGreaterThanOrEqual(0);
    }),
  );
});
