import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../lib/app-error.ts';
import { createSerialQueue } from '../../lib/serial-queue.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** A skill that sandboxes are shown. */
export interface ShownSkill {
  name: string;
  /** Its folder on this machine. */
  dir: string;
}

/** The skills of one moment, side by side in a folder that is never changed. */
export interface SkillSnapshot {
  /** The same for the same files. */
  key: string;
  dir: string;
  sizeBytes: number;
}

export interface SkillSnapshots {
  /** Of the skills that are enabled now; undefined when there are none. Never rejects: sandboxes start without. */
  current(): Promise<SkillSnapshot | undefined>;
  /** Removes them; after the sandboxes are gone. */
  close(): Promise<void>;
}

interface SkillFile {
  /** Below the snapshot, with slashes. */
  path: string;
  from: string;
  sizeBytes: number;
  isExecutable: boolean;
  stamp: string;
}

/** Of all skills together; those that do not fit any more are left out. */
const mostBytes = 128 * 1024 * 1024;
const mostFiles = 10_000;

/**
 * Copies, not the folders themselves: only what is enabled is shown, the commands' user can read it whoever owns the
 * originals, and a skill that is replaced does not change below a running command.
 */
export function createSkillSnapshots(options: {
  /** Absolute. */
  dataDir: string;
  skills(): Promise<readonly ShownSkill[]>;
  logger: Logger;
}): SkillSnapshots {
  const { skills, logger } = options;
  const root = join(options.dataDir, 'sandboxes', '.skills');
  const inTurn = createSerialQueue();
  let isClean = false;

  async function make(): Promise<SkillSnapshot | undefined> {
    const files = await collect(await skills());
    if (files.length === 0) return undefined;
    if (!isClean) {
      // Left by an owner of this data directory that did not end in order.
      await rm(root, { recursive: true, force: true });
      isClean = true;
    }
    const key = keyOf(files);
    const dir = join(root, key);
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    if (!(await isFolder(dir))) await copyAll(files, dir);
    return { key, dir, sizeBytes };
  }

  async function collect(all: readonly ShownSkill[]): Promise<SkillFile[]> {
    const files: SkillFile[] = [];
    let room = mostBytes;
    for (const skill of all) {
      const own = await filesOf(skill);
      const sizeBytes = own.reduce((sum, file) => sum + file.sizeBytes, 0);
      if (sizeBytes > room || files.length + own.length > mostFiles) {
        logger.warn(`The skill ${skill.name} is not shown in sandboxes: all of them together are too large.`);
        continue;
      }
      room -= sizeBytes;
      files.push(...own);
    }
    return files;
  }

  async function copyAll(files: readonly SkillFile[], dir: string): Promise<void> {
    const unfinished = join(root, `.new-${randomUUID()}`);
    try {
      await makeFolder(unfinished);
      for (const { path, from, isExecutable } of files) {
        await makeFolder(join(unfinished, path, '..'));
        await copyFile(from, join(unfinished, path), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
        await chmod(join(unfinished, path), isExecutable ? 0o755 : 0o644);
      }
      await rename(unfinished, dir);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  }

  return {
    current: () =>
      inTurn(async () => {
        try {
          return await make();
        } catch (error) {
          logger.warn(`Sandboxes are not shown any skills: ${messageOf(error)}`);
          return undefined;
        }
      }),
    close: () => inTurn(() => rm(root, { recursive: true, force: true })),
  };
}

/** Plain files only: what a link leads to is not the skill's. */
async function filesOf({ name, dir }: ShownSkill): Promise<SkillFile[]> {
  const files: SkillFile[] = [];
  const todo = [''];
  for (let below = todo.pop(); below !== undefined; below = todo.pop()) {
    for (const entry of (await readdir(join(dir, below), { withFileTypes: true })).sort(byName)) {
      const path = `${below}${entry.name}`;
      if (entry.isDirectory()) todo.push(`${path}/`);
      if (!entry.isFile()) continue;
      const from = join(dir, path);
      const { size, mode, mtimeMs, ino } = await lstat(from);
      const isExecutable = (mode & 0o111) !== 0;
      files.push({ path: `${name}/${path}`, from, sizeBytes: size, isExecutable, stamp: `${mtimeMs}-${ino}` });
    }
  }
  return files;
}

/** What the umask takes is given back: the commands' user reads it. */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let at = path; at.startsWith(first); at = join(at, '..')) await chmod(at, 0o755);
}

function keyOf(files: readonly SkillFile[]): string {
  const hash = createHash('sha256');
  for (const { path, sizeBytes, isExecutable, stamp } of files) {
    hash.update(`${JSON.stringify([path, sizeBytes, isExecutable, stamp])}\n`);
  }
  return hash.digest('hex').slice(0, 24);
}

async function isFolder(path: string): Promise<boolean> {
  return lstat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}

function byName(one: { name: string }, other: { name: string }): number {
  return one.name < other.name ? -1 : 1;
}
