import { readFileSync } from 'node:fs';

const mebibyte = 1024 * 1024;
/** Below this nothing waits in advance. */
const scarceBytes = 384 * mebibyte;
/** Must be free beyond that for each that waits: little of it is used before somebody comes, all of it soon after. */
const eachBytes = 64 * mebibyte;

/**
 * How many of the wanted ones may wait. More come only when there is room for one beyond them, so that a machine at the
 * edge does not start and end the same container over and over.
 */
export function affordablePool(wanted: number, waiting: number, availableBytes: number): number {
  const most = Math.max(0, Math.floor((availableBytes - scarceBytes) / eachBytes));
  return Math.min(wanted, Math.max(most - 1, Math.min(waiting, most)));
}

/**
 * Bytes that the machine could give to new programs. Containers of a local engine do not run in this process's own
 * group, so what its group may still use says nothing about them.
 */
export function readAvailableMemory(
  readMeminfo: () => string = () => readFileSync('/proc/meminfo', 'latin1'),
  askNode: () => number = () => process.availableMemory(),
): number {
  try {
    const [, kibibytes] = /^MemAvailable:\s+(\d+) kB$/m.exec(readMeminfo()) ?? [];
    return kibibytes === undefined ? askNode() : Number(kibibytes) * 1024;
  } catch {
    // No Linux.
    return askNode();
  }
}
