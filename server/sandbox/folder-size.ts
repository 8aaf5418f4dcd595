import { walkTree } from '../data/tree.ts';

/** Bytes on disk below a folder, without following links; what vanishes meanwhile, or cannot be reached, counts nothing. */
export async function folderSize(folder: string): Promise<number> {
  let total = 0;
  const seen = new Set<number>();
  try {
    for await (const { facts } of walkTree(folder)) {
      if (facts.nlink > 1 && !facts.isDirectory()) {
        if (seen.has(facts.ino)) {
          continue;
        }
        seen.add(facts.ino);
      }
      total += facts.blocks * 512;
    }
  } catch (cause) {
    if (!['ENAMETOOLONG', 'EACCES', 'EPERM'].includes((cause as NodeJS.ErrnoException).code ?? '')) {
      throw cause;
    }
  }
  return total;
}
