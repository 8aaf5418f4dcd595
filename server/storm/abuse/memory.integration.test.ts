import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Abused, openAbused } from './abused.ts';

let abused: Abused;
beforeAll(async () => {
  abused = await openAbused({ memory: '128m' });
});
afterEach(async () => expect(await abused.harm()).toEqual([]));
afterAll(async () => expect(await abused.close()).toEqual([]));

const words = /ran out of memory \(128 MiB\)/;

it('a memory bomb is killed, and the model is told why', async () => {
  expect(await abused.bash("python3 -c 'x = bytearray(1 << 30)'")).toMatch(words);
});

it('so is one in a child, whose parent ends well', async () => {
  expect(await abused.bash("python3 -c 'x = bytearray(1 << 30)' || true; echo survived")).toMatch(words);
});

it('and one of many small ones at once', async () => {
  const said = await abused.bash(
    "for i in 1 2 3 4 5 6; do python3 -c 'x = bytearray(50 << 20); import time; time.sleep(3)' & done; wait; echo end",
  );
  expect(said).toMatch(words);
});

it.each(['/tmp', '/dev/shm', '/home/agent'])(
  'files in the memory behind %s have their bound, and all together leave room to remove them',
  async (folder) => {
    expect(await abused.bash(`head -c 400M /dev/zero > ${folder}/fill`)).toContain('No space left on device');
  },
);

it('nor do a thousand times a thousand empty ones use up the memory', async () => {
  const said = await abused.bash("python3 -c \"for i in range(1000000): open('/tmp/e%d' % i, 'w').close()\"", 60_000);
  expect(said).toContain('No space left on device');
  expect(
    await abused.bash('rm -rf /tmp/* /dev/shm/* ~/*; head -c 10M /dev/zero > /tmp/x && rm /tmp/x && echo fine'),
  ).toBe('fine');
});

it('segments, queues and semaphores that outlive their process have a bound', async () => {
  const said = await abused.python(`
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
sizes = []
while True:
    key = libc.shmget(0, 4 << 20, 0o1600)
    if key < 0: break
    where = libc.shmat(key, None, 0)
    ctypes.memset(where, 1, 4 << 20)
    sizes.append(4)
print('segments', sum(sizes) <= 16)
count = 0
while libc.msgget(0, 0o1600) >= 0: count += 1
print('queues', count <= 32)
count = 0
while libc.semget(0, 250, 0o1600) >= 0: count += 1
print('semaphores', count <= 128)
`);
  expect(said).toBe('segments True\nqueues True\nsemaphores True\n');
});

it('a hog of the processor has its share and no more', async () => {
  const { bashId } = (
    await abused.tool('Bash', {
      command: 'for i in $(seq 16); do while :; do :; done & done; wait',
      run_in_background: true,
    })
  ).details as { bashId: string };
  expect(await abused.harm()).toEqual([]);
  await abused.tool('KillShell', { shell_id: bashId });
});
