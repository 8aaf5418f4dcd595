import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createFrameDecoder, type DecodedFrame } from './frame-decoder.ts';

function encode({ header, body }: DecodedFrame): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, text.length);
  view.setUint32(4, body.length);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

const anyFrame: fc.Arbitrary<DecodedFrame> = fc.record({
  header: fc.oneof(
    fc.record({ type: fc.constant('output' as const), id: fc.string({ unit: 'binary' }), offset: fc.nat() }),
    fc.record({ type: fc.constant('gone' as const), id: fc.string({ unit: 'grapheme' }) }),
    fc.constant({ type: 'beat' as const }),
  ),
  body: fc.uint8Array({ maxLength: 300 }),
});

it('frames of terminals come out as they went in, however the stream is cut, and none before it is whole', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 12 }), sizes, (given, cuts) => {
      const parts = given.map(encode);
      const stream = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
      const ends: number[] = [];
      let at = 0;
      for (const part of parts) {
        stream.set(part, at);
        at += part.length;
        ends.push(at);
      }
      const decode = createFrameDecoder();
      const read: DecodedFrame[] = [];
      for (let from = 0, turn = 0; from < stream.length; turn += 1) {
        const to = Math.min(stream.length, from + (cuts[turn % cuts.length] ?? 1));
        for (const { header, body } of decode(stream.slice(from, to))) read.push({ header, body: body.slice() });
        from = to;
        expect(read.length).toBe(ends.filter((end) => end <= to).length);
      }
      expect(read).toEqual(given.map(({ header, body }) => ({ header: JSON.parse(JSON.stringify(header)), body })));
    }),
  );
});
