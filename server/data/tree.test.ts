import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { access, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { below, removeTree, walkTree } from './tree.ts';

let folder: string;
let tree: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tree-'));
  tree = path.join(folder, 'tree');
  mkdirSync(tree);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const notText = Buffer.from([0x62, 0xff, 0x64]);

it('removes folders deeper than paths can be long, closed ones, and names that are no text', async () => {
  const name = 'd'.repeat(200);
  const here = process.cwd();
  process.chdir(tree);
  try {
    for (let depth = 0; depth < 60; depth += 1) {
      mkdirSync(name);
      process.chdir(name);
    }
    writeFileSync('file', 'x');
  } finally {
    process.chdir(here);
  }
  mkdirSync(path.join(tree, 'shut'));
  writeFileSync(path.join(tree, 'shut/file'), 'x');
  chmodSync(path.join(tree, 'shut'), 0);
  closeSync(openSync(below(Buffer.from(tree), notText), 'w'));
  await removeTree(tree);
  await expect(access(tree)).rejects.toThrow();
  await removeTree(tree);
});

it('removes links, not what they lead to', async () => {
  writeFileSync(path.join(folder, 'precious'), 'x');
  symlinkSync(folder, path.join(tree, 'out'));
  symlinkSync('out', path.join(tree, 'round'));
  await removeTree(tree);
  expect(readdirSync(folder)).toEqual(['precious']);
});

it('walks folders before what is in them, and through no link', async () => {
  mkdirSync(path.join(tree, 'a/b'), { recursive: true });
  closeSync(openSync(below(Buffer.from(tree), notText), 'w'));
  symlinkSync(folder, path.join(tree, 'a/out'));
  const seen: string[] = [];
  for await (const { path: each } of walkTree(tree)) seen.push(each.subarray(tree.length + 1).toString('latin1'));
  expect(seen.toSorted()).toEqual(['a', 'a/b', 'a/out', notText.toString('latin1')]);
  expect(seen.indexOf('a')).toBeLessThan(seen.indexOf('a/b'));
});
