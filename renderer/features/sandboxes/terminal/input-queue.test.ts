import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameDecoder } from './frame-decoder.ts';
import { createInputQueue } from './input-queue.ts';

const quiet = async () => {
  for (let turn = 0; turn < 400; turn += 1) await Promise.resolve();
};

describe('what is typed', () => {
  it('arrives once and in order, however often a request fails', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 5 }), { maxLength: 10 }),
        fc.array(fc.constantFrom('ok', 'lost', 'answer lost', 'busy'), { maxLength: 20 }),
        async (typed, luck) => {
          const taken: number[] = [];
          let last = 0;
          const queue = createInputQueue(
            async (seq, bytes) => {
              const fate = luck.shift() ?? 'ok';
              if (fate === 'lost') throw new TypeError('no network');
              if (fate === 'busy') return 503;
              if (seq === last + 1) taken.push(...bytes);
              last = Math.max(last, seq);
              if (fate === 'answer lost') throw new TypeError('no network');
              return 200;
            },
            async () => undefined,
          );
          for (const bytes of typed) queue.push(bytes);
          await quiet();
          expect(taken).toEqual(typed.flatMap((bytes) => [...bytes]));
        },
      ),
    );
  });

  it('is not sent to a terminal that is gone', async () => {
    const sent: number[] = [];
    const queue = createInputQueue(async (seq) => {
      sent.push(seq);
      return 404;
    });
    queue.push(Uint8Array.of(1));
    await quiet();
    queue.push(Uint8Array.of(2));
    await quiet();
    expect(sent).toEqual([1]);
  });

  it('is cut into pieces when it is much', async () => {
    const sizes: number[] = [];
    const queue = createInputQueue(async (_, bytes) => {
      sizes.push(bytes.length);
      return 200;
    });
    queue.push(new Uint8Array(80_000));
    await quiet();
    expect(sizes).toEqual([32_768, 32_768, 14_464]);
  });
});

describe('frames', () => {
  it('are found in a stream however it is cut', () => {
    const frame = (header: object, body: number[]) => {
      const text = new TextEncoder().encode(JSON.stringify(header));
      const bytes = new Uint8Array(8 + text.length + body.length);
      new DataView(bytes.buffer).setUint32(0, text.length);
      new DataView(bytes.buffer).setUint32(4, body.length);
      bytes.set(text, 8);
      bytes.set(body, 8 + text.length);
      return [...bytes];
    };
    const stream = [
      ...frame({ type: 'beat' }, []),
      ...frame({ type: 'output', id: 'a', offset: 0 }, [1, 2, 3]),
      ...frame({ type: 'gap', id: 'a', offset: 9 }, []),
    ];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (size) => {
        const decode = createFrameDecoder();
        const found = [];
        for (let at = 0; at < stream.length; at += size)
          found.push(...decode(Uint8Array.from(stream.slice(at, at + size))));
        expect(found.map(({ header, body }) => [header.type, [...body]])).toEqual([
          ['beat', []],
          ['output', [1, 2, 3]],
          ['gap', []],
        ]);
      }),
    );
  });
});
