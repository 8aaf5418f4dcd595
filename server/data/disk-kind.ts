import { statfs } from 'node:fs/promises';

/** Of a network, by the number that the kernel gives the kind. */
const networkKinds = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x65735546, 'FUSE'],
]);
const memoryKinds = new Map([
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
]);
/** What the root of a container is made of. */
const overlayKind = 0x794c7630;

export type DiskKind = 'disk' | 'network' | 'memory' | 'overlay';

/** What a kernel's number of a file system means; `name` as people know it, empty for an ordinary disk. */
export function diskKind(type: number): { kind: DiskKind; name: string } {
  const unsigned = type >>> 0;
  const network = networkKinds.get(unsigned);
  if (network !== undefined) return { kind: 'network', name: network };
  const memory = memoryKinds.get(unsigned);
  if (memory !== undefined) return { kind: 'memory', name: memory };
  return unsigned === overlayKind ? { kind: 'overlay', name: 'overlayfs' } : { kind: 'disk', name: '' };
}

/** Of the disk that a folder is on. Throws the disk's error. */
export async function readDiskKind(folder: string): Promise<{ kind: DiskKind; name: string }> {
  return diskKind((await statfs(folder)).type);
}
