import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogLine } from '../../../server/contract/logs.ts';
import { append, emptyWindow, endOf, maxLines, prepend, restartAt, windowOf } from './log-window.ts';

function line(seq: number): LogLine {
  return { seq, time: seq, level: 'info', component: 'http', msg: `line ${seq}` };
}
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, place) => line(from + place));
const seqs = (window: { lines: readonly LogLine[] }) => window.lines.map(({ seq }) => seq);

describe('the window over the log', () => {
  it('leaves out lines that it has already', () => {
    const window = windowOf(lines(1, 5), { hasOlder: false, hasNewer: false });
    expect(seqs(append(window, lines(3, 8), false))).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(
      seqs(prepend(windowOf(lines(5, 8), { hasOlder: true, hasNewer: false }), { lines: lines(3, 6), hasMore: false })),
    ).toEqual([3, 4, 5, 6, 7]);
    expect(append(window, lines(2, 4), false)).toBe(window);
  });

  it('lets lines go at the other end when it is full, says that they exist, and keeps places still', () => {
    const full = windowOf(lines(1000, 1000 + maxLines), { hasOlder: true, hasNewer: false });
    const later = append(full, lines(1000 + maxLines, 1010 + maxLines), false);
    expect([later.lines.length, later.lines[0]?.seq, later.hasOlder]).toEqual([maxLines, 1010, true]);
    expect(later.firstIndex - full.firstIndex).toBe(10);
    const earlier = prepend(full, { lines: lines(990, 1000), hasMore: false });
    expect([earlier.lines.length, earlier.lines[0]?.seq, earlier.hasOlder, earlier.hasNewer]).toEqual([
      maxLines,
      990,
      false,
      true,
    ]);
    expect(full.firstIndex - earlier.firstIndex).toBe(10);
  });

  it('starts anew after a hole, with the numbers going on', () => {
    const window = windowOf(lines(1, 5), { hasOlder: false, hasNewer: false });
    const after = restartAt(window, lines(100, 103));
    expect([seqs(after), after.hasOlder, after.firstIndex]).toEqual([[100, 101, 102], true, endOf(window)]);
  });

  it('stays bounded, in order and without doubles, whatever is read at its ends', () => {
    const step = fc.record({ isNewer: fc.boolean(), count: fc.nat(4000), overlap: fc.nat(50) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        let window = append(emptyWindow, lines(1_000_000, 1_000_100), false);
        for (const { isNewer, count, overlap } of steps) {
          const first = window.lines[0]?.seq ?? 0;
          const last = window.lines.at(-1)?.seq ?? 0;
          window = isNewer
            ? append(window, lines(Math.max(first, last + 1 - overlap), last + 1 + count), false)
            : prepend(window, { lines: lines(first - count, first + overlap), hasMore: true });
          const found = seqs(window);
          expect(found.length).toBeLessThanOrEqual(maxLines);
          expect(found.every((seq, place) => place === 0 || seq === (found[place - 1] ?? 0) + 1)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });
});
