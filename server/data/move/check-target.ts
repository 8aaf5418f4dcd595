import { existsSync } from 'node:fs';
import { mkdir, readdir, realpath, rmdir, stat, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import type { MovePlan } from '../../contract/backups.ts';
import { AppError } from '../../lib/app-error.ts';
import { diskKind } from '../disk-kind.ts';
import { errnoOf } from '../storage-error.ts';
import { probeWritable } from '../write-probe.ts';
import { isHalfMark, readMoving } from './move-marks.ts';

/** Folders that a program keeps equal on several machines, while somebody writes into them. */
const syncNames =
  /^(dropbox.*|onedrive.*|icloud ?drive.*|mobile documents|cloudstorage|google ?drive.*|nextcloud|owncloud|pcloud ?drive|mega(sync)?|box sync|syncthing)$/i;
const syncMarks = ['.stfolder', '.dropbox', '.dropbox.cache', '.owncloudsync.log', '.sync_journal.db'];

const systemRoots: Partial<Record<string, readonly string[]>> = {
  linux: ['/bin', '/boot', '/dev', '/etc', '/lib', '/lib64', '/proc', '/root/.ssh', '/run', '/sbin', '/sys', '/usr'],
  darwin: ['/System', '/Library', '/Applications', '/bin', '/sbin', '/usr', '/dev', '/private/etc', '/cores'],
};
const windowsRoots = /^[a-z]:\\(windows|program files( \(x86\))?|programdata|\$recycle\.bin)(\\|$)/i;
const spareBytes = 64 * 1024 * 1024;

export interface TargetQuestion {
  from: string;
  /** Absolute. */
  to: string;
  /** The folder of the program itself. */
  installRoot: string;
  files: number;
  totalBytes: number;
  platform?: string;
}

/**
 * Looks whether the data directory can go there, and makes nothing that stays. Throws AppError `move_unsafe`,
 * `move_not_empty`, `move_unwritable`, `move_no_space`, all 409.
 */
export async function checkTarget(question: TargetQuestion): Promise<MovePlan> {
  const { files, totalBytes, installRoot, platform = process.platform } = question;
  if (!path.isAbsolute(question.to)) throw refuse('move_unsafe', 'Write the whole path of the folder, from the root.');
  const [from, to, install] = await Promise.all([question.from, question.to, installRoot].map(resolveFar));
  if (from === undefined || to === undefined || install === undefined)
    throw refuse('move_unsafe', 'There is no such place.');
  refusePlace(from, to, install, platform);
  await refuseFilled(to);
  const above = await nearest(to);
  await proveWritable(to, above);
  const { bavail, bsize, type } = await statfs(above);
  const freeBytes = bavail * bsize;
  if (freeBytes < totalBytes + spareBytes) {
    const sentence = `There are ${inMegabytes(freeBytes)} free at ${to}, and ${inMegabytes(totalBytes + spareBytes)} are needed. Free some space, or choose another disk.`;
    throw refuse('move_no_space', sentence);
  }
  return { to, files, totalBytes, freeBytes, warnings: warningsFor(type, freeBytes, totalBytes) };
}

function refusePlace(from: string, to: string, install: string, platform: string): void {
  if (to === from) throw refuse('move_unsafe', 'The data directory is there already.');
  if (isBelow(to, from))
    throw refuse('move_unsafe', 'The folder lies inside the data directory. Choose one outside of it.');
  if (isBelow(from, to))
    throw refuse('move_unsafe', 'The data directory lies inside that folder. Choose an empty one.');
  if (to === install || isBelow(to, install) || isBelow(install, to))
    throw refuse('move_unsafe', 'This is the folder of the program, which an update replaces. Choose another one.');
  if (isSystem(to, platform)) throw refuse('move_unsafe', 'This folder belongs to the system. Choose one of your own.');
  const sync = syncFolderOf(to);
  if (sync !== undefined) {
    const sentence = `${sync} is kept equal with other machines by a program, which would break files that are being written. Choose a folder outside of it.`;
    throw refuse('move_unsafe', sentence);
  }
}

function isSystem(to: string, platform: string): boolean {
  if (to === path.parse(to).root || to === homedir() || to === path.dirname(homedir())) return true;
  if (platform === 'win32') return windowsRoots.test(to);
  return (systemRoots[platform] ?? []).some((root) => to === root || isBelow(to, root));
}

/** The part of the path that is such a folder. */
export function syncFolderOf(to: string): string | undefined {
  for (let folder = to; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if (syncNames.test(path.basename(folder))) return folder;
    if (syncMarks.some((mark) => existsSync(path.join(folder, mark)))) return folder;
  }
  return undefined;
}

/** What a move that was killed left there does not count. */
async function refuseFilled(to: string): Promise<void> {
  try {
    const names = (await readdir(to)).filter((name) => name !== 'lost+found' && !isHalfMark(name));
    if (names.length > 0 && (await readMoving(to)) === undefined)
      throw refuse('move_not_empty', `${to} is not empty. Choose an empty folder, or one that is not there yet.`);
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (errnoOf(error) === 'ENOTDIR') throw refuse('move_not_empty', `${to} is a file. Choose a folder.`);
    if (errnoOf(error) !== 'ENOENT') throw unwritable(to, error);
  }
}

async function proveWritable(to: string, above: string): Promise<void> {
  try {
    if (above === to) return await probeWritable(to);
    const trial = path.join(above, `.agentrail-${process.pid}-${path.basename(to)}`);
    await mkdir(trial, { mode: 0o700 });
    await probeWritable(trial).finally(() => rmdir(trial));
  } catch (error) {
    throw unwritable(to, error);
  }
}

function warningsFor(kind: number, freeBytes: number, totalBytes: number): MovePlan['warnings'] {
  const warnings: MovePlan['warnings'] = [];
  const disk = diskKind(kind);
  if (disk.kind === 'network') {
    const message = `This is a disk of a network (${disk.name}): slower, and gone when the network is. Only one machine may use it.`;
    warnings.push({ code: 'network_disk', message });
  }
  if (disk.kind === 'memory')
    warnings.push({
      code: 'removable_disk',
      message: 'This disk is in memory: everything on it is lost with a restart.',
    });
  if (freeBytes < totalBytes * 2)
    warnings.push({ code: 'little_space', message: 'The disk will be more than half full with this data alone.' });
  return warnings;
}

/** Links of the parts that are there are followed; the rest is as it was written. */
async function resolveFar(place: string): Promise<string> {
  const above = await nearest(path.resolve(place));
  return path.join(await realpath(above), path.relative(above, path.resolve(place)));
}

async function nearest(place: string): Promise<string> {
  for (let folder = place; ; folder = path.dirname(folder)) {
    const found = await stat(folder).catch(() => undefined);
    if (found || folder === path.dirname(folder)) return folder;
  }
}

function isBelow(inner: string, outer: string): boolean {
  const relative = path.relative(outer, inner);
  return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
}

function unwritable(to: string, cause: unknown): AppError {
  const sentence = `${to} cannot be written (${errnoOf(cause) ?? 'no answer'}). Give this user the right to, or choose another folder.`;
  return new AppError('move_unwritable', sentence, { status: 409, cause });
}

function refuse(code: string, sentence: string): AppError {
  return new AppError(code, sentence, { status: 409 });
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(0)} MB`;
}
