import { describe, expect, it } from 'vitest';
import { pseudoWords, toPseudo } from './pseudo.ts';

describe('the pseudo-language', () => {
  it('brackets a text, gives it accents and makes it longer by two fifths', () => {
    const text = toPseudo('Start the server');
    expect(text).toMatch(/^⟦Šţåřţ ţhé šéřvéř .*⟧$/);
    expect(text.length).toBeGreaterThanOrEqual(Math.floor('Start the server'.length * 1.4));
  });

  it('leaves placeholders and markup alone', () => {
    expect(toPseudo('{{count}} runs in <code>main</code>')).toMatch(/^⟦{{count}} řûñš îñ <code>måîñ<\/code>.*⟧$/);
  });

  it('keeps every key of the tree', () => {
    expect(pseudoWords({ a: { b: 'x' }, c: 'y' })).toEqual({ a: { b: '⟦x ⟧' }, c: '⟦ý ⟧' });
  });
});
