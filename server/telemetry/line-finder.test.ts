import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { logFilterSchema } from '../contract/logs.ts';
import { createLineFinder } from './line-finder.ts';
import { makeLine } from './log-line.ts';
import { createLogSieve } from './log-sieve.ts';

const redactor = { redact: (text: string) => text };
const words = [
  'foo',
  'bar',
  'Foo',
  'k',
  'K',
  '\u212a',
  'ſ',
  's',
  'i',
  'İ',
  '连接',
  '失败',
  '"',
  '\\',
  '\n',
  ' ',
  '/',
  'ü',
  'x1',
];
/** A filter takes no more. */
const longestText = 500;

const someText = fc.array(fc.constantFrom(...words), { maxLength: 8 }).map((parts) => parts.join(''));

const atom = fc.constantFrom(
  'foo',
  'bar',
  'f',
  'k',
  's',
  'i',
  '连接',
  '连',
  '\\w',
  '.',
  '[fk]',
  '\\n',
  '"',
  ' ',
  '\\b',
  '^',
  '$',
  'ü',
);
const source = fc.letrec<{ whole: string; part: string }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 3 },
    atom,
    fc
      .tuple(tie('whole'), fc.constantFrom('(?:', '(', '(?=', '(?!', '(?<=', '(?i:'))
      .map(([inner, open]) => `${open}${inner})`),
    fc.tuple(tie('whole'), fc.constantFrom('+', '?', '{2}', '*?')).map(([inner, times]) => `(?:${inner})${times}`),
  ),
  whole: fc.oneof(
    { maxDepth: 3 },
    fc.array(tie('part'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
    fc.tuple(tie('whole'), tie('whole')).map(([one, other]) => `${one}|${other}`),
  ),
})).whole;

function linesOf(messages: readonly { msg: string; field: string }[]): string[] {
  return messages.map(
    ({ msg, field }, place) =>
      makeLine(
        {
          seq: place + 1,
          time: 1,
          level: 'info',
          msg,
          context: { component: 'run', sessionId: 'ses_foo' },
          fields: { field },
        },
        () => redactor,
      ).text,
  );
}

describe('looking for lines in the bytes of a file', () => {
  it('leaves out no line that matches, whatever is asked for', () => {
    const asked = fc.oneof(
      someText,
      fc
        .tuple(source, fc.constantFrom('', 'i', 'u', 'iu', 'v', 'iv'))
        .map(([inner, flags]) => `/${inner}/${flags}`)
        .filter(({ length }) => length <= longestText),
    );
    fc.assert(
      fc.property(
        asked,
        fc.array(fc.record({ msg: someText, field: someText }), { maxLength: 12 }),
        (text, messages) => {
          const filter = logFilterSchema.parse({ text: text === '' ? undefined : text });
          const lines = linesOf(messages);
          let expected: string[];
          try {
            expected = createLogSieve(filter)(lines);
          } catch {
            return;
          }
          const found = createLineFinder(filter)(Buffer.from(lines.map((line) => `${line}\n`).join('')));
          expect(createLogSieve(filter)(found)).toEqual(expected);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('takes apart only lines in which what is needed stands, once each', () => {
    const lines = Array.from({ length: 2000 }, (_, place) => ({
      msg: `number ${place}, ${place}`,
      field: 'x'.repeat(40),
    }));
    const piece = Buffer.from(linesOf(lines).join('\n'));
    const decoded = vi.spyOn(piece, 'toString');
    const found = createLineFinder(logFilterSchema.parse({ text: '/number 77\\d,/' }))(piece);
    expect(found).toHaveLength(11);
    expect(decoded.mock.calls.filter(([encoding]) => encoding === 'utf8')).toHaveLength(11);
    expect(createLineFinder(logFilterSchema.parse({ sessionId: 'ses_none' }))(piece)).toEqual([]);
  });

  it('takes all lines at once where nearly all may match, or nothing is certain', () => {
    const lines = linesOf(Array.from({ length: 2000 }, (_, place) => ({ msg: `number ${place}`, field: '' })));
    const piece = Buffer.from(`${lines.join('\n')}\n`);
    expect(createLineFinder(logFilterSchema.parse({ text: 'number' }))(piece)).toEqual(lines);
    expect(createLineFinder(logFilterSchema.parse({ text: '/\\d/' }))(piece)).toEqual(lines);
  });
});
