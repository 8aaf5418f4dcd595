import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toAscii } from './to-ascii.ts';

const evaluate = (code: string): unknown => new Function(`return ${code}`)();

test('strings and templates of any text say the same, in ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const template = `\`${text.replace(/[\\`$]/g, '\\$&').replaceAll('\r', '\\r')}\``;
      for (const code of [JSON.stringify(text), template]) {
        const ascii = toAscii(code);
        expect(ascii).toMatch(/^[\0-\x7f]*$/);
        expect(evaluate(ascii)).toBe(text);
      }
    }),
  );
});

test('regular expressions match the same, with characters of two units and needless backslashes too', () => {
  for (const [code, text] of [
    ['/^[一-鿿]+$/', '中文'],
    ['/^[😀-😎]$/u', '😁'],
    ['/^\\—\\\\é$/', '—\\é'],
  ] as const) {
    expect((evaluate(toAscii(code)) as RegExp).test(text)).toBe(true);
    expect((evaluate(toAscii(code)) as RegExp).test('a')).toBe(false);
  }
});

test('names and comments stay what they are', () => {
  expect(evaluate(toAscii('((größe) => größe /* … */ + 1)(2)'))).toBe(3);
});
