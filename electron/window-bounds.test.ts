import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openBounds, placeWindow } from './window-bounds.ts';

const saved = { x: 100, y: 80, width: 900, height: 700, isMaximized: false };
const laptop = { x: 0, y: 0, width: 1440, height: 860 };

describe('the file', () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bounds-'));
    file = join(directory, 'window.json');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('what was written is read back, and nothing else is left beside it', () => {
    openBounds(file).write(saved);
    expect(openBounds(file).read()).toEqual(saved);
    expect(readdirSync(directory)).toEqual(['window.json']);
  });

  test.each(['', '{', '[]', '{"x":0}', JSON.stringify({ ...saved, width: 1e9 }), JSON.stringify({ ...saved, x: '0' })])(
    'nonsense is as good as none: %s',
    (text) => {
      writeFileSync(file, text);
      expect(openBounds(file).read()).toBeUndefined();
    },
  );

  test('a folder that is not there is reported and not thrown', () => {
    const report = vi.spyOn(console, 'error').mockReturnValue();
    openBounds(join(directory, 'none', 'window.json')).write(saved);
    expect(report.mock.calls[0]?.[0]).toContain('not saved');
    report.mockRestore();
  });
});

describe('the place', () => {
  test('a window comes back where it was', () => {
    expect(placeWindow(saved, [laptop])).toEqual({ x: 100, y: 80, width: 900, height: 700 });
  });

  test('the first window is placed by the system', () => {
    expect(placeWindow(undefined, [laptop])).toEqual({ width: 1240, height: 820 });
  });

  test.each([
    { x: 3000, y: 80 },
    { x: 100, y: -200 },
    { x: 100, y: 850 },
    { x: -850, y: 80 },
  ])('a window whose title bar is off every screen is placed anew: %o', (place) => {
    expect(placeWindow({ ...saved, ...place }, [laptop])).toEqual({ width: 900, height: 700 });
  });

  test('a second screen counts', () => {
    const second = { x: 1440, y: 0, width: 1920, height: 1080 };
    expect(placeWindow({ ...saved, x: 3000 }, [laptop, second])).toMatchObject({ x: 3000 });
  });

  test('a window is never larger than the largest screen nor smaller than usable', () => {
    expect(placeWindow({ ...saved, width: 5000, height: 4000 }, [laptop])).toMatchObject({ width: 1440, height: 860 });
    expect(placeWindow({ ...saved, width: 300, height: 200 }, [laptop])).toMatchObject({ width: 640, height: 480 });
  });
});
