import { chmod, lstat, mkdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import type { DeployFile } from '../contract/deploy.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { errnoOf } from '../data/storage-error.ts';
import { AppError } from '../lib/app-error.ts';
import { compareExport } from './compare-export.ts';

export interface WrittenFile {
  path: string;
  change: 'new' | 'same' | 'changed';
  added: number;
  removed: number;
  /** What the file that was there is called now. */
  keptAs?: string;
}

/**
 * Writes the files below a folder, which is made when missing. Nothing is written when another file has the name of one
 * of them, unless forced: then it is renamed first. Throws AppErrors `files_exist` (409, details: {paths}) and
 * `path_blocked` (409).
 */
export async function writeExport(
  folder: string,
  files: readonly DeployFile[],
  isForced: boolean,
): Promise<WrittenFile[]> {
  const root = path.resolve(folder);
  const before: DeployFile[] = [];
  for (const file of files) {
    const content = await readPresent(root, file.path);
    if (content !== undefined) before.push({ path: file.path, content });
  }
  const compared = compareExport(before, files);
  const inTheWay = compared.filter(({ change }) => change === 'changed').map((file) => file.path);
  if (inTheWay.length > 0 && !isForced) throw filesExist(root, inTheWay);
  const written: WrittenFile[] = [];
  for (const { path: name, content, change, added, removed } of compared) {
    if (change === 'removed') continue;
    const keptAs = change === 'changed' ? await putAside(root, name) : undefined;
    if (change !== 'same') await place(path.join(root, name), content);
    written.push({ path: name, change, added, removed, ...(keptAs !== undefined && { keptAs }) });
  }
  return written;
}

/** Readable for the user of the container, who is somebody else; no secret is in it. */
async function place(file: string, content: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await atomicWriteFile(file, content, { mode: 0o644 });
  if (process.platform !== 'win32') await chmod(file, 0o644);
}

async function readPresent(root: string, name: string): Promise<string | undefined> {
  const parts = name.split('/');
  for (let depth = 0; depth < parts.length; depth += 1) {
    const above = path.join(root, ...parts.slice(0, depth));
    const kind = await kindOf(above);
    if (kind === undefined) return undefined;
    if (kind !== 'folder') throw blocked(above, 'a folder is needed there');
  }
  const file = path.join(root, ...parts);
  const kind = await kindOf(file);
  if (kind === undefined) return undefined;
  if (kind !== 'file') throw blocked(file, 'a file is needed there');
  return readFile(file, 'utf8');
}

async function kindOf(file: string): Promise<'file' | 'folder' | 'else' | undefined> {
  try {
    const facts = await lstat(file);
    return facts.isFile() ? 'file' : facts.isDirectory() ? 'folder' : 'else';
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Under the first name that is free. */
async function putAside(root: string, name: string): Promise<string> {
  for (let count = 1; ; count += 1) {
    const backup = `${name}${count === 1 ? '' : `.${count}`}.bak`;
    if ((await kindOf(path.join(root, backup))) !== undefined) continue;
    await rename(path.join(root, name), path.join(root, backup));
    return backup;
  }
}

function filesExist(root: string, paths: readonly string[]): AppError {
  const list = paths.map((each) => `\n  ${each}`).join('');
  const message = `Nothing was written: these are in ${root} already and differ.${list}\nChoose another folder, or use --force: each is then kept beside the new one as .bak.`;
  return new AppError('files_exist', message, { status: 409, details: { paths } });
}

function blocked(file: string, why: string): AppError {
  return new AppError('path_blocked', `Nothing was written: ${file} is something else, and ${why}. Move it away.`, {
    status: 409,
  });
}
