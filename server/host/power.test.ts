import { expect, test, vi } from 'vitest';
import { createPower } from './power.ts';

function prepare(probe: () => Promise<unknown> = async () => undefined) {
  const told: [string, object?][] = [];
  const note = (msg: string, fields?: object) => void told.push(fields === undefined ? [msg] : [msg, fields]);
  const sandboxes = { list: () => [{ id: 'a' }, { id: 'b' }], keepAlive: vi.fn(), probe: vi.fn(probe) };
  const time = { now: 1000 };
  const flush = vi.fn(async () => undefined);
  const power = createPower({
    sandboxes: sandboxes as never,
    flush,
    logger: { info: note, warn: note } as never,
    clock: { now: () => time.now } as never,
  });
  return { power, sandboxes, flush, time, told };
}

test('before sleep the logs are written', async () => {
  const { power, flush } = prepare();
  await power.suspending();
  expect(flush).toHaveBeenCalledOnce();
});

test('after sleep every sandbox has its whole idle time again and the engine is asked', async () => {
  const { power, sandboxes, time, told } = prepare();
  await power.suspending();
  time.now += 600_000;
  await power.resumed();
  expect(sandboxes.keepAlive.mock.calls).toEqual([['a'], ['b']]);
  expect(sandboxes.probe).toHaveBeenCalledOnce();
  expect(told).toContainEqual(['The machine woke up.', { sleptMs: 600_000 }]);
});

test('an engine that does not answer after sleep is a line in the log', async () => {
  const { power, told } = prepare(() => Promise.reject(new Error('gone')));
  await power.resumed();
  expect(told.at(-1)).toEqual(['Asking the Docker engine failed: gone']);
});
