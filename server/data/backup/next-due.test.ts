import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextDue, weekdays } from './next-due.ts';

const hourMs = 3_600_000;
const at = (text: string) => new Date(text).getTime();

describe('a scheduled backup', () => {
  it.each([
    ['never', { everyHours: 0, at: '03:00' }, '2026-03-04T10:00', undefined],
    ['by hours alone', { everyHours: 6 }, '2026-03-04T10:00', '2026-03-04T16:00'],
    ['by hours, which no time of day fits', { everyHours: 6, at: '03:00' }, '2026-03-04T10:00', '2026-03-04T16:00'],
    ['every day at its time', { everyHours: 24, at: '03:00' }, '2026-03-04T03:00', '2026-03-05T03:00'],
    ['at its time again after one by hand', { everyHours: 24, at: '03:00' }, '2026-03-04T15:20', '2026-03-05T03:00'],
    [
      'on the same day when its time is still to come',
      { everyHours: 24, at: '22:30' },
      '2026-03-04T15:20',
      '2026-03-04T22:30',
    ],
    ['every second day', { everyHours: 48, at: '03:00' }, '2026-03-04T03:00', '2026-03-06T03:00'],
    ['every week on its day', { everyHours: 168, at: '03:00', on: 'sunday' }, '2026-03-04T15:20', '2026-03-08T03:00'],
    ['every week without a day', { everyHours: 168, at: '03:00' }, '2026-03-04T03:00', '2026-03-11T03:00'],
  ] as const)('is due %s', (_when, settings, last, expected) => {
    expect(nextDue(settings, at(last))).toBe(expected === undefined ? undefined : at(expected));
  });

  it('is due at once when there is none', () => {
    expect(nextDue({ everyHours: 168, at: '03:00', on: 'monday' }, undefined)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('comes after the last one and within a day or a week of its due time, in any zone and season', () => {
    const time = fc
      .tuple(fc.nat(23), fc.nat(59))
      .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
    const last = fc.integer({ min: at('2020-01-01T00:00'), max: at('2030-01-01T00:00') });
    fc.assert(
      fc.property(
        time,
        fc.option(fc.constantFrom(...weekdays), { nil: undefined }),
        fc.constantFrom(24, 48, 168, 336),
        last,
        (clock, on, everyHours, lastAt) => {
          const due = nextDue({ everyHours, at: clock, on }, lastAt) ?? 0;
          expect(due).toBeGreaterThan(lastAt);
          expect(due).toBeLessThanOrEqual(lastAt + (everyHours + 26) * hourMs);
        },
      ),
    );
  });
});
