import type { ContainerCreateOptions } from 'dockerode';
import type { ContainerSpec } from '../container-engine.ts';

const mebibyte = 1024 * 1024;
const maxOpenFiles = 4096;
const pageBytes = 4096;

/** The hardened settings of every sandbox. The table in docs/sandbox.md gives the reasons. */
export function containerOptions(spec: ContainerSpec): ContainerCreateOptions {
  const owned = `uid=${spec.uid},gid=${spec.gid},mode=0700`;
  // What outlives its process must never fill the memory: nothing could be started any more to remove it.
  const folderBytes = partOf(spec.memoryBytes, 4, 256 * mebibyte);
  const sharedBytes = partOf(spec.memoryBytes, 8, 64 * mebibyte);
  return {
    name: spec.name,
    Image: spec.image,
    Labels: spec.labels,
    Entrypoint: spec.command,
    Cmd: [],
    User: '0:0',
    WorkingDir: '/',
    Tty: false,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      AutoRemove: true,
      Init: true,
      Privileged: false,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      CapAdd: ['SETUID', 'SETGID', 'KILL'],
      SecurityOpt: ['no-new-privileges'],
      NetworkMode: spec.network ?? 'none',
      IpcMode: 'private',
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'none', Config: {} },
      Memory: spec.memoryBytes,
      MemorySwap: spec.memoryBytes,
      NanoCpus: Math.round(spec.cpus * 1e9),
      PidsLimit: spec.pids,
      ShmSize: sharedBytes,
      Sysctls: {
        'kernel.shmall': String(Math.floor(sharedBytes / pageBytes)),
        'kernel.msgmni': '32',
        'kernel.sem': '250 32000 32 128',
      },
      Ulimits: [
        { Name: 'nofile', Soft: maxOpenFiles, Hard: maxOpenFiles },
        { Name: 'core', Soft: 0, Hard: 0 },
      ],
      Tmpfs: {
        '/tmp': `rw,nosuid,nodev,exec,${sized(folderBytes)},mode=1777`,
        '/run': `rw,nosuid,nodev,noexec,size=${16 * mebibyte},mode=0755`,
        '/home/agent': `rw,nosuid,nodev,exec,${sized(folderBytes)},${owned}`,
        '/dev/shm': `rw,nosuid,nodev,noexec,${sized(sharedBytes)},mode=1777`,
      },
      Mounts: [{ Type: 'bind', Source: spec.workspaceDir, Target: '/workspace', ReadOnly: false }],
    },
  };
}

function partOf(memoryBytes: number, share: number, mostBytes: number): number {
  return Math.max(mebibyte, Math.min(mostBytes, Math.floor(memoryBytes / share)));
}

/** Empty files cost memory as well, a quarter of a page each. */
function sized(bytes: number): string {
  return `size=${bytes},nr_inodes=${Math.floor(bytes / pageBytes)}`;
}
