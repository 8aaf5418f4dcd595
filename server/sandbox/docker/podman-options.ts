import type { ContainerCreateOptions } from 'dockerode';

/** Of the commands' user on the whole machine, which is why it is well above what one sandbox has. */
const maxProcesses = 16_384;

/**
 * What Podman's Docker API takes differently. In-memory folders know no owner, so the one for the commands' user is open
 * to every user, of which there is one. The number of processes, unless it is named, is set to more than the container
 * may ask for once its rights are dropped; the cgroup bounds it anyway.
 */
export function podmanOptions(options: ContainerCreateOptions): ContainerCreateOptions {
  const { Tmpfs = {}, ...host } = options.HostConfig ?? {};
  const tmpfs = Object.entries(Tmpfs).map(([path, text]: [string, string]) => {
    const isOwned = /(^|,)uid=/.test(text);
    const kept = text.split(',').filter((part) => !/^(uid|gid)=/.test(part) && !(isOwned && part.startsWith('mode=')));
    return [path, [...kept, ...(isOwned ? ['mode=0777'] : [])].join(',')];
  });
  const ulimits = [...(host.Ulimits ?? []), { Name: 'nproc', Soft: maxProcesses, Hard: maxProcesses }];
  return { ...options, HostConfig: { ...host, Ulimits: ulimits, Tmpfs: Object.fromEntries(tmpfs) } };
}
