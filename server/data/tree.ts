import type { Dirent, Stats } from 'node:fs';
import { chmod, lstat, readdir, rename, rm } from 'node:fs/promises';

/** Names are bytes here: what was made in a sandbox need not be text. */
export interface TreeEntry {
  path: Buffer;
  facts: Stats;
}

/** Longest path that is gone into when a tree is brought up; well below what systems allow. */
const maxPathBytes = 2000;

export const below = (folder: Buffer, name: Buffer | string): Buffer =>
  Buffer.concat([folder, Buffer.from('/'), Buffer.from(name)]);

/** Everything below a folder, folders before what is in them, without following links. What vanishes meanwhile is left out. */
export async function* walkTree(folder: string): AsyncGenerator<TreeEntry> {
  const todo: Buffer[] = [Buffer.from(folder)];
  for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
    for (const { name } of await entriesOf(path)) {
      const child = below(path, name);
      const facts = await lstat(child).catch(nothingIfGone);
      if (!facts) continue;
      yield { path: child, facts };
      if (facts.isDirectory()) todo.push(child);
    }
  }
}

async function entriesOf(path: Buffer): Promise<Dirent<Buffer>[]> {
  return (await readdir(path, { encoding: 'buffer', withFileTypes: true }).catch(nothingIfGone)) ?? [];
}

function nothingIfGone(cause: NodeJS.ErrnoException): undefined {
  if (cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR') throw cause;
}

/** `rm -rf`, also of folders that are closed to their owner, and deeper than any path is long. */
export async function removeTree(path: string): Promise<void> {
  // Each time the deepest part that can be reached moves up; nothing is endless in a tree that nobody uses.
  for (;;) {
    try {
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
      return;
    } catch (cause) {
      if (!['ENAMETOOLONG', 'EACCES', 'EPERM'].includes((cause as NodeJS.ErrnoException).code ?? '')) throw cause;
      if (!(await loosen(path))) throw cause;
    }
  }
}

/**
 * Opens closed folders and moves those that lie too deep up to `root`. False when there was nothing to do. What the `rm`
 * that just failed had begun goes on beside this: anything may be gone by now, and that is progress too.
 */
async function loosen(root: string): Promise<boolean> {
  let isChanged = false;
  let count = 0;
  const todo: Buffer[] = [Buffer.from(root)];
  for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
    const facts = await lstat(path).catch(nothingIfGone);
    isChanged ||= !facts;
    if (!facts) continue;
    if ((facts.mode & 0o700) !== 0o700) {
      await chmod(path, 0o700).catch(nothingIfGone);
      isChanged = true;
    }
    for (const entry of await entriesOf(path)) {
      if (!entry.isDirectory()) continue;
      const child = below(path, entry.name);
      if (child.length - root.length <= maxPathBytes) {
        todo.push(child);
        continue;
      }
      await rename(child, below(Buffer.from(root), await freeName(root, count))).catch(nothingIfGone);
      count += 1;
      isChanged = true;
    }
  }
  return isChanged;
}

async function freeName(root: string, count: number): Promise<string> {
  const name = `.moved-up-${count}-${process.hrtime.bigint()}`;
  return (await lstat(`${root}/${name}`).catch(nothingIfGone)) ? freeName(root, count + 1) : name;
}
