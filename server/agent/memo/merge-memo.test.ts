import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mergeMemo } from './merge-memo.ts';

it.each([
  ['nothing changed', 'a\n', 'a\n', 'a\n', 'a\n'],
  ['changed inside only', 'a\n', 'b\n', 'a\n', 'b\n'],
  ['changed in the store only', 'a\n', 'a\n', 'b\n', 'b\n'],
  ['added to on both sides', 'a\n', 'a\nin\n', 'a\nout\n', 'a\nout\n\nin\n'],
  ['added to outside, rewritten inside', 'a\n', 'b\n', 'a\nout\n', 'b\n\nout\n'],
  ['emptied inside, added to outside', 'a\n', '', 'a\nout\n', 'out\n'],
])('a document that was %s', (_, base, inside, stored, result) => {
  expect(mergeMemo(base, inside, stored)).toBe(result);
});

it('no line that somebody added on either side is lost', () => {
  const lines = fc.array(fc.stringMatching(/^[a-z]{3,8}$/), { maxLength: 5 });
  fc.assert(
    fc.property(lines, lines, lines, fc.boolean(), (before, own, others, isAdded) => {
      const text = (all: string[]) => all.map((line) => `${line}\n`).join('');
      const base = text(before);
      const inside = isAdded ? base + text(own) : text(own);
      const merged = mergeMemo(base, inside, base + text(others));
      const kept = merged.split('\n');
      for (const line of [...own, ...others]) expect(kept).toContain(line);
    }),
  );
});
