import type { ContainerCreateOptions } from 'dockerode';

/** Of the commands' user on the whole machine, which is why it is well above what one sandbox has. */
const maxProcesses = 16_384;

/** $0 owner, $1 folders, then the program. */
const giveAway = 'for folder in $1; do chown "$0" "$folder"; done; shift; exec "$@"';

/**
 * What Podman's Docker API takes differently. In-memory folders know no owner there: the first process gives them away.
 * The number of processes, unless it is named, is set to more than the container may ask for once its rights are
 * dropped; the cgroup bounds it anyway.
 */
export function podmanOptions(options: ContainerCreateOptions): ContainerCreateOptions {
  const { Tmpfs = {}, ...host } = options.HostConfig ?? {};
  const folders = Object.entries(Tmpfs as Record<string, string>);
  const owned = folders.filter(([, text]) => ownerOf(text) !== undefined);
  const owner = owned.map(([, text]) => ownerOf(text))[0];
  const ulimits = [...(host.Ulimits ?? []), { Name: 'nproc', Soft: maxProcesses, Hard: maxProcesses }];
  const withoutOwners = folders.map(([path, text]) => [
    path,
    text.replace(/(^|,)([ug]id|nr_inodes)=\d+/g, '').replace(/^,/, ''),
  ]);
  const command = [options.Entrypoint ?? []].flat();
  return {
    ...options,
    ...(owner === undefined
      ? {}
      : { Entrypoint: ['/bin/sh', '-c', giveAway, owner, owned.map(([path]) => path).join(' '), ...command] }),
    HostConfig: {
      ...host,
      CapAdd: [...new Set([...(host.CapAdd ?? []), ...(owner === undefined ? [] : ['CHOWN'])])],
      Ulimits: ulimits,
      Tmpfs: Object.fromEntries(withoutOwners),
    },
  };
}

function ownerOf(text: string): string | undefined {
  const uid = /(?:^|,)uid=(\d+)/.exec(text)?.[1];
  const gid = /(?:^|,)gid=(\d+)/.exec(text)?.[1];
  return uid === undefined || gid === undefined ? undefined : `${uid}:${gid}`;
}
