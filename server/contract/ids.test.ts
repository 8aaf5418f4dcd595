import fc from 'fast-check';
import { expect, it } from 'vitest';
import { idSchema } from './ids.ts';

const likelyIds = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^[A-Za-z0-9._/\\%-]{0,140}$/),
  fc.constantFrom(
    '..',
    '.',
    '',
    '../a',
    'a/../../b',
    'a\\b',
    'C:',
    '%2e%2e',
    'a\n',
    'a\u0000',
    'nul',
    `a${'b'.repeat(128)}`,
  ),
);

it('an id that is taken is one name in its folder, and means itself in an address', () => {
  fc.assert(
    fc.property(likelyIds, (text) => {
      if (!idSchema.safeParse(text).success) return;
      expect(new URL(text, 'file:///data/').pathname).toBe(`/data/${text}`);
      expect(text).not.toMatch(/[/\\:]|^\.+$/);
      expect(encodeURIComponent(text)).toBe(text);
      expect(text.length).toBeLessThanOrEqual(128);
      expect(text.trim()).toBe(text);
    }),
    { numRuns: 2000 },
  );
});
