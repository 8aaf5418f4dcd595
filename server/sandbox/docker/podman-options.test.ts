import { expect, it } from 'vitest';
import { podmanOptions } from './podman-options.ts';

it('lets the first process give away the folders whose owner Podman cannot set, and leaves the others as they are', () => {
  const options = podmanOptions({
    Entrypoint: ['python3', '-c', 'x'],
    HostConfig: {
      CapAdd: ['KILL'],
      Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }],
      Tmpfs: { '/tmp': 'rw,size=1,mode=1777', '/home/agent': 'rw,size=1,uid=1000,gid=1001,mode=0700' },
    },
  });
  expect(options.HostConfig?.Tmpfs).toEqual({ '/tmp': 'rw,size=1,mode=1777', '/home/agent': 'rw,size=1,mode=0700' });
  expect(options.HostConfig?.CapAdd).toEqual(['KILL', 'CHOWN']);
  expect(options.Entrypoint?.slice(3)).toEqual(['1000:1001', '/home/agent', 'python3', '-c', 'x']);
  expect(options.HostConfig?.Ulimits).toContainEqual({ Name: 'nproc', Soft: 16_384, Hard: 16_384 });
});

it('asks for no right to give away where nothing has an owner', () => {
  const options = podmanOptions({ Entrypoint: ['x'], HostConfig: { CapAdd: ['KILL'], Tmpfs: { '/tmp': 'rw' } } });
  expect(options).toMatchObject({ Entrypoint: ['x'], HostConfig: { CapAdd: ['KILL'] } });
});
