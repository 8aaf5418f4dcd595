import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOutputRing } from './output-ring.ts';

test('what is kept is the end of everything that came, however it was cut', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.uint8Array({ maxLength: 60 })),
      fc.nat(300),
      fc.nat(80),
      (size, pieces, offset, most) => {
        const ring = createOutputRing(size);
        for (const piece of pieces) ring.push(piece);
        const whole = Buffer.concat(pieces);
        expect(ring.end()).toBe(whole.length);
        expect(ring.start()).toBe(Math.max(0, whole.length - size));
        const from = Math.max(offset, ring.start());
        expect(ring.read(offset, most)).toEqual(whole.subarray(from, from + most));
      },
    ),
  );
});
