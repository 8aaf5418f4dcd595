import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanLine, cleanText } from './clean-text.ts';
import { createLineSplitter, type LongLine } from './line-splitter.ts';

describe('words of a stranger', () => {
  it('lose control characters, hidden letters and turns of direction', () => {
    const hidden = 'a\u001b[31mb\u0000c\u202ed\u200be\u{e0041}f\u{e007f}';
    expect(cleanText(`${hidden}\n\tg`, 100)).toBe('a[31mbcdef\n\tg');
    expect(cleanText('安全 naïve 👍', 100)).toBe('安全 naïve 👍');
    expect(cleanLine(' two\r\nlines ', 100)).toBe('two lines');
  });

  it('are no longer than allowed and whole to their last letter', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 1, max: 30 }), (text, most) => {
        const clean = cleanText(text, most);
        expect(clean.length).toBeLessThanOrEqual(most);
        expect(clean.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('lines from bytes', () => {
  function split(chunks: readonly Buffer[], maxBytes: number) {
    const lines: string[] = [];
    const long: LongLine[] = [];
    const splitter = createLineSplitter(
      maxBytes,
      (line) => lines.push(line),
      (line) => long.push(line),
    );
    for (const chunk of chunks) splitter.push(chunk);
    return { lines, long };
  }

  it('are the same however the bytes come', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), cuts, (texts, sizes) => {
        const wanted = texts.map((text) => text.toWellFormed().replaceAll('\n', ''));
        const bytes = Buffer.from(wanted.map((text) => `${text}\n`).join(''));
        const chunks: Buffer[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(split(chunks, 10_000).lines).toEqual(wanted.filter((text) => text !== ''));
      }),
    );
  });

  it('that are too long are told of by their ends, and the next ones are whole', () => {
    const { lines, long } = split([Buffer.from(`${'a'.repeat(600)}`), Buffer.from(`${'b'.repeat(600)}\nok\n`)], 1000);
    expect(lines).toEqual(['ok']);
    expect(long).toEqual([{ head: 'a'.repeat(512), tail: 'b'.repeat(512), bytes: 1200 }]);
  });

  it('that never end are told of once', () => {
    const { long } = split(
      Array.from({ length: 30 }, () => Buffer.alloc(1000, 'x')),
      1000,
    );
    expect(long).toHaveLength(1);
  });
});
