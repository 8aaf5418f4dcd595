import { expect, test } from 'vitest';
import { createSharedSync } from './shared-sync.ts';

function slowDisk() {
  const syncs: (PromiseWithResolvers<void> & { dir: string })[] = [];
  const sync = createSharedSync((dir) => {
    const one = { ...Promise.withResolvers<void>(), dir };
    syncs.push(one);
    return one.promise;
  });
  return { sync, syncs };
}

test('those who ask while a folder is being synced share the next sync, which begins after they asked', async () => {
  const { sync, syncs } = slowDisk();
  const first = sync('/a');
  const others = [sync('/a'), sync('/a'), sync('/a')];
  expect(syncs).toHaveLength(1);
  syncs[0]?.resolve();
  await first;
  await expect.poll(() => syncs.length).toBe(2);
  const late = sync('/a');
  syncs[1]?.resolve();
  await Promise.all(others);
  await expect.poll(() => syncs.length).toBe(3);
  syncs[2]?.resolve();
  await late;
});

test('other folders are synced beside it', () => {
  const { sync, syncs } = slowDisk();
  void sync('/a');
  void sync('/b');
  expect(syncs.map(({ dir }) => dir)).toEqual(['/a', '/b']);
});

test('a fault is told to those who waited for that sync, and the next one is tried', async () => {
  const { sync, syncs } = slowDisk();
  const first = sync('/a');
  const second = sync('/a');
  syncs[0]?.reject(new Error('EIO'));
  await expect(first).rejects.toThrow('EIO');
  await expect.poll(() => syncs.length).toBe(2);
  syncs[1]?.resolve();
  await second;
  const third = sync('/a');
  syncs[2]?.resolve();
  await third;
  expect(syncs).toHaveLength(3);
});
