import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { crashLimit, crashTimesSchema, createCrashCounter, openStartRecord } from './crash-guard.ts';
import { openOwnFile } from './own-file.ts';
import { openPreferences } from './preferences.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentrail-desktop-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('crashes of the page', () => {
  test('three in five minutes are one too many', () => {
    let now = 0;
    const { isOneTooMany } = createCrashCounter(() => now);
    expect([isOneTooMany(), isOneTooMany(), isOneTooMany()]).toEqual([false, false, true]);
    now += crashLimit.withinMs;
    expect(isOneTooMany()).toBe(false);
  });

  test('what a person dealt with is forgotten', () => {
    const counter = createCrashCounter(() => 1);
    counter.isOneTooMany();
    counter.isOneTooMany();
    counter.forget();
    expect(counter.isOneTooMany()).toBe(false);
  });
});

describe('starts that did not end in order', () => {
  const start = (now: number) =>
    openStartRecord(openOwnFile(join(folder, 'starts.json'), crashTimesSchema, 'The start'), () => now);

  test('three in five minutes make the next start careful', () => {
    expect([start(1000).isLoop, start(2000).isLoop, start(3000).isLoop, start(4000).isLoop]).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  test('one that ended in order clears the record', () => {
    start(1000);
    start(2000);
    start(3000).endedInOrder();
    expect(start(4000)).toMatchObject({ crashes: 0, isLoop: false });
  });

  test('old ones and those of a clock that was ahead do not count', () => {
    start(1000);
    start(2000);
    start(9_000_000);
    expect(start(8_000_000).crashes).toBe(0);
  });

  test('a damaged record is none', () => {
    writeFileSync(join(folder, 'starts.json'), '{"a":');
    expect(start(1000).crashes).toBe(0);
  });
});

describe('preferences', () => {
  test('are kept for the next start', () => {
    const file = join(folder, 'desktop.json');
    const first = openPreferences(file);
    expect(first.current()).toEqual({ onClose: 'ask', notifications: true });
    first.change({ onClose: 'tray' });
    expect(openPreferences(file).current()).toEqual({ onClose: 'tray', notifications: true });
  });

  test('a value that means nothing any more is the usual one, and the others stay', () => {
    const file = join(folder, 'desktop.json');
    writeFileSync(file, '{"onClose":"explode","notifications":false}');
    expect(openPreferences(file).current()).toEqual({ onClose: 'ask', notifications: false });
  });

  test('a folder that cannot be written leaves the choice in force', () => {
    const preferences = openPreferences(join(folder, 'none/desktop.json'));
    preferences.change({ onClose: 'quit' });
    expect(preferences.current().onClose).toBe('quit');
    expect(() => readFileSync(join(folder, 'none/desktop.json'))).toThrow('ENOENT');
  });
});
