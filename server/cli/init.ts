import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { Command } from 'commander';
import { errnoOf } from '../data/storage-error.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { installFiles } from './options.ts';
import { say } from './output.ts';

export interface InitReport {
  /** Paths below the folder. */
  written: string[];
  /** Those that were there, and what they are called now. */
  kept: { path: string; backup: string }[];
}

const dataFolder = '.agentrail';
const problem = 1;

/** `agentrail init [folder]`: settings with every key explained, an agent, a skill and a plugin to begin with. */
export function addInitCommand(program: Command): void {
  program
    .command('init [folder]')
    .description('write a commented agentrail.yaml with an example agent, skill and plugin')
    .option('--force', 'take the place of files that are there; each is kept beside it as .bak')
    .action(async (folder: string = '.', flags: { force?: boolean }) => {
      try {
        tell(folder, await initProject(join(installFiles().resourcesDir, 'scaffold'), folder, flags.force === true));
      } catch (error) {
        process.stderr.write(`${messageOf(error)}\n`);
        process.exitCode = problem;
      }
    });
}

function tell(folder: string, { written, kept }: InitReport): void {
  for (const { path, backup } of kept) say(`kept     ${path} as ${backup}`);
  for (const path of written) say(`written  ${path}`);
  if (written.length === 0) say('Everything is there already.');
  const change = folder === '.' ? '' : `  cd ${folder}\n`;
  say(`\nStart it:\n${change}  agentrail serve --config agentrail.yaml --data-dir ${dataFolder}`);
}

/**
 * Writes the files of `scaffold` into a folder, which is made when missing. Nothing is written when another file has the
 * name of one of them, unless forced: then it is renamed first. Throws AppErrors `files_exist`, `path_blocked`.
 */
export async function initProject(scaffold: string, folder: string, isForced: boolean): Promise<InitReport> {
  const root = resolve(folder);
  const files = (await filesBelow(scaffold)).map((path) => ({ from: join(scaffold, path), path: placeOf(path) }));
  const present: string[] = [];
  for (const { from, path } of files) {
    if ((await stateOf(root, path, from)) === 'other') present.push(path);
  }
  if (present.length > 0 && !isForced) throw filesExist(root, present);
  const report: InitReport = { written: [], kept: [] };
  for (const { from, path } of files) {
    const target = join(root, path);
    const state = await stateOf(root, path, from);
    if (state === 'same') continue;
    if (state === 'other') report.kept.push({ path, backup: await putAside(root, path) });
    // Nobody else's business: it will hold sessions and keys.
    if (path.startsWith(`${dataFolder}/`)) await mkdir(join(root, dataFolder), { recursive: true, mode: 0o700 });
    await mkdir(dirname(target), { recursive: true });
    await copyFile(from, target, constants.COPYFILE_EXCL);
    report.written.push(path);
  }
  return report;
}

/** Where a file of the scaffold goes. Names with a dot in front do not travel in every package. */
function placeOf(path: string): string {
  if (path === 'gitignore') return '.gitignore';
  return path.startsWith('skills/') ? `${dataFolder}/${path}` : path;
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .split(sep)
        .join('/'),
    )
    .sort();
}

async function stateOf(root: string, path: string, from: string): Promise<'free' | 'same' | 'other'> {
  const parts = path.split('/');
  for (let depth = 1; depth < parts.length; depth += 1) {
    const above = parts.slice(0, depth).join('/');
    const found = await kindOf(join(root, above));
    if (found !== undefined && found !== 'folder') throw blocked(above, 'a folder is needed there');
  }
  const found = await kindOf(join(root, path));
  if (found === undefined) return 'free';
  if (found !== 'file') throw blocked(path, 'a file is needed there');
  const [own, others] = await Promise.all([readFile(from), readFile(join(root, path))]);
  return own.equals(others) ? 'same' : 'other';
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'else' | undefined> {
  try {
    const facts = await lstat(path);
    return facts.isFile() ? 'file' : facts.isDirectory() ? 'folder' : 'else';
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Under the first name that is free. */
async function putAside(root: string, path: string): Promise<string> {
  for (let count = 1; ; count += 1) {
    const backup = `${path}${count === 1 ? '' : `.${count}`}.bak`;
    if ((await kindOf(join(root, backup))) !== undefined) continue;
    await rename(join(root, path), join(root, backup));
    return backup;
  }
}

function filesExist(root: string, paths: readonly string[]): AppError {
  const list = paths.map((path) => `\n  ${path}`).join('');
  const message = `Nothing was written: these are in ${root} already.${list}\nChoose another folder, or use --force: each is then kept beside the new one as .bak.`;
  return new AppError('files_exist', message, { status: 409, details: { paths } });
}

function blocked(path: string, why: string): AppError {
  const message = `Nothing was written: ${path} is something else, and ${why}. Move it away.`;
  return new AppError('path_blocked', message, { status: 409 });
}
