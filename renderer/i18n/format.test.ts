import { describe, expect, it } from 'vitest';
import { createFormat } from './format.ts';

describe('format', () => {
  const en = createFormat('en');
  const zh = createFormat('zh-CN');

  it('writes lengths of time in the unit that fits', () => {
    expect(en.duration(1.84)).toBe('1.8 ms');
    expect(en.duration(640)).toBe('640 ms');
    expect(en.duration(1400)).toBe('1.4 sec');
    expect(en.duration(3 * 60_000 + 12_000)).toBe('3 min 12 sec');
    expect(en.duration(3 * 3_600_000 + 12 * 60_000)).toBe('3 hr 12 min');
    expect(en.duration(2 * 86_400_000)).toBe('2 days');
  });

  it('writes sizes by powers of 1,024', () => {
    expect(en.bytes(0)).toBe('0 B');
    expect(en.bytes(1536)).toBe('1.5 kB');
    expect(en.bytes(12.4 * 1024 ** 3)).toBe('12.4 GB');
    expect(en.bytes(212 * 1024 ** 2)).toBe('212 MB');
  });

  it('keeps the digits of small sums of money', () => {
    expect(en.money(0)).toBe('$0.00');
    expect(en.money(0.0021)).toBe('$0.0021');
    expect(en.money(1.839)).toBe('$1.84');
  });

  it('writes what is before and after now', () => {
    expect(en.relative(1000, 121_000)).toBe('2 min. ago');
    expect(en.relative(18 * 60_000, 0)).toBe('in 18 min.');
    expect(zh.relative(1000, 121_000)).toBe('2 分钟前');
  });

  it('counts a running time like a stopwatch', () => {
    expect(en.stopwatch(41_900)).toBe('00:41');
    expect(en.stopwatch(3_730_000)).toBe('1:02:10');
  });
});
