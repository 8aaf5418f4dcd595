import { statSync } from 'node:fs';

/**
 * Whether something lies at this path, for files that most often do not exist and are asked for in every run: the kernel
 * answers from memory in microseconds, where opening what is missing costs a trip to a worker thread and an error with
 * its stack. True when the disk does not tell: whoever opens it hears why.
 */
export function isPresent(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}
