import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameReader, encodeFrame, incomingLimits } from './frames.ts';

function cut(bytes: Buffer, sizes: number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let offset = 0;
  for (let at = 0; offset < bytes.length; at += 1) {
    const size = sizes[at % sizes.length] ?? 1;
    pieces.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return pieces;
}

describe('frames', () => {
  it('come out as they went in, however the bytes are cut', () => {
    const frame = fc.record({
      header: fc.dictionary(fc.string(), fc.jsonValue()),
      body: fc.uint8Array({ maxLength: 2000 }),
    });
    const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 10 }), sizes, (frames, cuts) => {
        const bytes = Buffer.concat(frames.map(({ header, body }) => encodeFrame(header, body)));
        const reader = createFrameReader();
        const read = cut(bytes, cuts).flatMap((piece) => reader.push(piece));
        expect(read.map(({ header }) => JSON.stringify(header))).toEqual(
          frames.map(({ header }) => JSON.stringify(header)),
        );
        expect(read.map(({ body }) => [...body])).toEqual(frames.map(({ body }) => [...body]));
      }),
    );
  });

  it('whose bodies are wanted in pieces come out as they arrive, every byte once and in order', () => {
    const frame = fc.record({ isLong: fc.boolean(), body: fc.uint8Array({ maxLength: 2000 }) });
    const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 10 }), sizes, (given, cuts) => {
        const bytes = Buffer.concat(given.map(({ isLong, body }, at) => encodeFrame({ at, isLong }, body)));
        const reader = createFrameReader(incomingLimits, (header) => (header as { isLong: boolean }).isLong);
        const bodies = given.map(() => [] as Buffer[]);
        for (const piece of cut(bytes, cuts)) {
          for (const { header, body } of reader.push(piece)) {
            expect(body.length).toBeLessThanOrEqual((header as { isLong: boolean }).isLong ? piece.length : 2000);
            bodies[(header as { at: number }).at]?.push(body);
          }
        }
        expect(bodies.map((pieces) => [...Buffer.concat(pieces)])).toEqual(given.map(({ body }) => [...body]));
        expect(bodies.filter((pieces, at) => !given[at]?.isLong && pieces.length !== 1)).toEqual([]);
      }),
    );
  });

  it('of any bytes either come out or are refused with one code; nothing else is ever thrown', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (pieces) => {
        const reader = createFrameReader({ maxHeaderBytes: 100, maxBodyBytes: 100 });
        let held = 0;
        try {
          for (const piece of pieces) {
            const frames = reader.push(piece);
            held = frames.length > 0 ? piece.length : held + piece.length;
            expect(held).toBeLessThanOrEqual(8 + 200 + 300 + piece.length);
          }
        } catch (fault) {
          expect(fault).toMatchObject({ code: 'agent_protocol' });
        }
      }),
    );
  });

  it.each([
    ['a header', incomingLimits.maxHeaderBytes + 1, 0],
    ['a body', 2, incomingLimits.maxBodyBytes + 1],
  ])('that announce %s over the limit are refused before it arrives', (_, headerSize, bodySize) => {
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32BE(headerSize, 0);
    lengths.writeUInt32BE(bodySize, 4);
    expect(() => createFrameReader().push(lengths)).toThrow(expect.objectContaining({ code: 'agent_protocol' }));
  });

  it('with a header that is not JSON are refused', () => {
    const bytes = Buffer.from([0, 0, 0, 2, 0, 0, 0, 0, 0x7b, 0x7b]);
    expect(() => createFrameReader().push(bytes)).toThrow(expect.objectContaining({ code: 'agent_protocol' }));
  });
});
