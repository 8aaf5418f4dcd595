import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { toWebStream } from './to-web-stream.ts';

it('gives what the source gives, and its end', async () => {
  const source = Readable.from([Buffer.from('one '), Buffer.from('two')], { objectMode: false });
  expect(await new Response(toWebStream(source)).text()).toBe('one two');
});

it('a source that fails fails its reader, also before the first read', async () => {
  const source = new PassThrough();
  const reader = toWebStream(source).getReader();
  source.destroy(new Error('The disk is gone.'));
  await expect(reader.read()).rejects.toThrow('The disk is gone.');
  const broken = new PassThrough();
  broken.destroy(new Error('It was never there.'));
  const late = toWebStream(broken);
  await expect(new Response(late).text()).rejects.toThrow('It was never there.');
});

it('a reader that leaves while data is under way destroys the source, and nothing else happens', async () => {
  for (let moment = 0; moment < 12; moment += 1) {
    const source = new PassThrough();
    source.write('much');
    const body = toWebStream(source);
    for (let passed = 0; passed < moment; passed += 1) await undefined;
    const closed = once(source, 'close');
    await body.cancel();
    await closed;
    // Whatever was still under way would be an uncaught exception by now, which fails the run.
    await turn();
  }
});

it('a reader that leaves ends a source that says nothing', async () => {
  const source = new PassThrough();
  const reader = toWebStream(source).getReader();
  const pending = reader.read();
  const closed = once(source, 'close');
  await reader.cancel();
  await closed;
  expect(await pending).toEqual({ value: undefined, done: true });
});

it('takes no more from the source than is read', async () => {
  let made = 0;
  const source = new Readable({
    highWaterMark: 1024,
    read() {
      made += 1;
      this.push(Buffer.alloc(1024));
    },
  });
  const reader = toWebStream(source).getReader();
  await reader.read();
  await turn();
  expect(made).toBeLessThan(8);
  await reader.cancel();
});
