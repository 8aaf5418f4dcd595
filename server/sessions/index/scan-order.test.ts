import fc from 'fast-check';
import { expect, it } from 'vitest';
import { orderNewestFirst } from './scan-order.ts';

const never = new AbortController().signal;
const order = (times: Record<string, number | undefined>) =>
  orderNewestFirst(Object.keys(times), { lastWrittenAt: (id) => times[id] }, never);

it('reads sessions that were written last first, and those that cannot be looked at last', async () => {
  expect(await order({ old: 1_000_000, gone: undefined, new: 1_700_000_000_000, mid: 5_000_000 })).toEqual([
    'new',
    'mid',
    'old',
    'gone',
  ]);
});

it('reads every session once whatever its time', async () => {
  const time = fc.option(fc.double({ noNaN: true }), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(fc.array(time, { maxLength: 50 }), async (times) => {
      const known = Object.fromEntries(times.map((at, n) => [`ses_${n}`, at]));
      expect((await order(known)).toSorted()).toEqual(Object.keys(known).toSorted());
    }),
  );
});

it('lets others in while it looks at many', async () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`ses_${n}`, n]));
  let others = 0;
  const timer = setInterval(() => {
    others += 1;
  }, 0);
  const slow = (id: string) => {
    const until = performance.now() + 1;
    while (performance.now() < until);
    return many[id];
  };
  await orderNewestFirst(Object.keys(many), { lastWrittenAt: slow }, never);
  clearInterval(timer);
  expect(others).toBeGreaterThan(1);
});
