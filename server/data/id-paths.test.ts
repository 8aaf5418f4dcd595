import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { idSchema } from '../contract/ids.ts';

it('whatever passes as an id is one name inside of its folder, on every system', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/),
        fc.string({ unit: 'binary' }),
        fc.constantFrom('.', '..', '../x', 'a/..', 'a\\..\\b', 'a\0', '%2e%2e', 'a\n', '/x', 'C:x', '~', ''),
      ),
      (id) => {
        if (!idSchema.safeParse(id).success) return;
        for (const { resolve, dirname, basename, sep } of [path.posix, path.win32]) {
          const base = sep === '/' ? '/base' : 'C:\\base';
          expect([dirname(resolve(base, id)), basename(resolve(base, id))]).toEqual([base, id]);
        }
        expect(encodeURIComponent(id)).toBe(id);
      },
    ),
    { numRuns: 300 },
  );
});

it.each(['ses_01m82t091aa9', 'default', 'a', 'A.b-c_9', 'x'.repeat(128)])('%s is an id', (id) => {
  expect(idSchema.safeParse(id).success).toBe(true);
});

it.each(['', '.', '..', '.hidden', '-rf', '_x', 'a/b', 'a\\b', 'a b', 'a\n', 'ä', 'a%2e', 'x'.repeat(129)])(
  '%j is none',
  (id) => {
    expect(idSchema.safeParse(id).success).toBe(false);
  },
);
