import { PassThrough, Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { chunksOf } from './chunks-of.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

it('hands on the very chunks that came, also those that came before anybody asked', async () => {
  const stream = new PassThrough();
  const sent = ['a', 'bc', 'd'].map((text) => Buffer.from(text));
  for (const chunk of sent) stream.write(chunk);
  stream.end();
  const seen: Buffer[] = [];
  for await (const chunk of chunksOf(stream)) seen.push(chunk);
  expect(seen.map(String)).toEqual(['a', 'bc', 'd']);
  expect(seen.every((chunk, at) => chunk.buffer === sent[at]?.buffer)).toBe(true);
});

it('does not read on while nobody takes what is there', async () => {
  let given = 0;
  const stream = new Readable({
    highWaterMark: 1000,
    read() {
      given += 1;
      this.push(given > 100 ? null : Buffer.alloc(1000));
    },
  });
  const chunks = chunksOf(stream);
  await chunks.next();
  for (let turn = 0; turn < 50; turn += 1) await settled();
  expect(given).toBeLessThan(40);
  let bytes = 1000;
  for await (const chunk of chunks) bytes += chunk.length;
  expect(bytes).toBe(100_000);
});

it('ends with a fault when the stream breaks, and destroys it when the reader leaves', async () => {
  const broken = new PassThrough();
  const reading = (async () => {
    for await (const _ of chunksOf(broken)) broken.destroy(new Error('cut'));
  })();
  broken.write('x');
  await expect(reading).rejects.toThrow('cut');
  const left = new PassThrough();
  left.write('x');
  for await (const _ of chunksOf(left)) break;
  expect(left.destroyed).toBe(true);
});
