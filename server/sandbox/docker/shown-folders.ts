import type Docker from 'dockerode';
import type { ContainerSpec } from '../container-engine.ts';

const memoBytes = 1_048_576;
/** Beside the files themselves: names and what is left of their last pages. */
const spareBytes = 8_388_608;

/**
 * What a sandbox is shown beside its workspace. `/skills` can only be read: a folder of this machine mounted so, or one in
 * memory that belongs to root. `/memo` lies in memory, so that nothing written there reaches this machine by itself.
 */
export function showFolders(
  options: Docker.ContainerCreateOptions,
  { skills, uid, gid }: Pick<ContainerSpec, 'skills' | 'uid' | 'gid'>,
): Docker.ContainerCreateOptions {
  const { HostConfig: host = {} } = options;
  const memo = `rw,nosuid,nodev,noexec,size=${memoBytes},nr_inodes=64,uid=${uid},gid=${gid},mode=0700`;
  const tmpfs = { ...(host.Tmpfs as Record<string, string> | undefined), '/memo': memo };
  if (skills === undefined) return { ...options, HostConfig: { ...host, Tmpfs: tmpfs } };
  if (skills.from === 'folder') {
    const mount = { Type: 'bind' as const, Source: skills.dir, Target: '/skills', ReadOnly: true };
    return { ...options, HostConfig: { ...host, Tmpfs: tmpfs, Mounts: [...(host.Mounts ?? []), mount] } };
  }
  const inMemory = `rw,nosuid,nodev,exec,size=${skills.sizeBytes + spareBytes},mode=0755`;
  return { ...options, HostConfig: { ...host, Tmpfs: { ...tmpfs, '/skills': inMemory } } };
}
