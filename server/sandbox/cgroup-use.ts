import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerUse } from './container-use.ts';

/** Reads the use of one container now; undefined when it is gone. */
export type UseReader = () => ContainerUse | undefined;

export interface CgroupOptions {
  /** Where the kernel shows control groups. */
  root: string;
  /** Of this process: engines without root keep their containers below the groups of a user. */
  uid: number | undefined;
}

export interface Cgroups {
  /** Undefined when the container's files are not here: the engine is elsewhere, or they may not be read. */
  find(containerId: string): UseReader | undefined;
}

/**
 * The files in which the kernel of this machine counts, of version 2 and of version 1. They are made at every read and
 * never wait for a disk, so reading them at once costs less than handing them to a thread.
 */
export function createCgroups({ root, uid }: CgroupOptions): Cgroups {
  const isUnified = isThere(join(root, 'cgroup.controllers'));

  function findFolder(controller: string, containerId: string): string | undefined {
    return groupsOf(containerId, uid)
      .map((group) => join(root, controller, group))
      .find(isThere);
  }

  return {
    find(containerId) {
      // It becomes part of a path.
      if (!/^[0-9a-f]{12,64}$/.test(containerId)) {
        return undefined;
      }
      if (isUnified) {
        const folder = findFolder('', containerId);
        return folder === undefined ? undefined : whenComplete(unifiedReader(folder));
      }
      const [memory, cpu, pids] = ['memory', 'cpuacct', 'pids'].map((name) => findFolder(name, containerId));
      return memory && cpu && pids ? whenComplete(splitReader({ memory, cpu, pids })) : undefined;
    },
  };
}

/** Below which names engines make the group of a container: Docker with and without systemd, rootless, and Podman. */
function groupsOf(id: string, uid: number | undefined): string[] {
  const scopes = [`docker-${id}.scope`, `libpod-${id}.scope`];
  const user = `user.slice/user-${uid}.slice/user@${uid}.service`;
  const slices = [
    'system.slice',
    'machine.slice',
    ...(uid === undefined ? [] : [`${user}/user.slice`, `${user}/app.slice`]),
  ];
  return [
    `docker/${id}`,
    `libpod_parent/libpod-${id}`,
    ...slices.flatMap((slice) => scopes.map((scope) => `${slice}/${scope}`)),
  ];
}

function unifiedReader(folder: string): UseReader {
  return () => ({
    cpuMicros: field(read(folder, 'cpu.stat'), 'usage_usec'),
    memoryBytes: withoutCache(number(read(folder, 'memory.current')), read(folder, 'memory.stat'), 'inactive_file'),
    pids: number(read(folder, 'pids.current')),
  });
}

function splitReader(folders: { memory: string; cpu: string; pids: string }): UseReader {
  return () => ({
    cpuMicros: Math.round(number(read(folders.cpu, 'cpuacct.usage')) / 1000),
    memoryBytes: withoutCache(
      number(read(folders.memory, 'memory.usage_in_bytes')),
      read(folders.memory, 'memory.stat'),
      'total_inactive_file',
    ),
    pids: number(read(folders.pids, 'pids.current')),
  });
}

/** A reader that answers now; later it answers undefined once a file is gone. */
function whenComplete(reader: UseReader): UseReader | undefined {
  const readOrNothing: UseReader = () => {
    try {
      return reader();
    } catch {
      // The container ended, or a controller is not switched on.
      return undefined;
    }
  };
  return readOrNothing() && readOrNothing;
}

function withoutCache(bytes: number, stat: string, name: string): number {
  return Math.max(0, bytes - field(stat, name));
}

function field(text: string, name: string): number {
  return number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? '');
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) {
    throw new Error('This is no number.');
  }
  return value;
}

function read(folder: string, file: string): string {
  return readFileSync(join(folder, file), 'latin1');
}

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // It may not even be looked at.
    return false;
  }
}
