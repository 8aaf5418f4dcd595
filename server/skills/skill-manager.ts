import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type BrokenSkill, type SkillInfo, skillNameSchema } from '../contract/skills.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { makeFoldersBelow, syncFolder } from '../data/folders.ts';
import { isPresent } from '../data/is-present.ts';
import { errnoOf, toStorageError } from '../data/storage-error.ts';
import { AppError, messageOf } from '../lib/app-error.ts';
import { createSerialQueue } from '../lib/serial-queue.ts';
import type { Logger } from '../telemetry/logger.ts';
import { readSkillFolder, type SkillFolder } from './skill-file.ts';
import { unpackZip } from './unpack-zip.ts';

export interface Skill {
  info: SkillInfo;
  instructions: string;
  /** Its folder on this machine. */
  dir: string;
}

/** The skills below `{dataDir}/skills`, for all tenants. Folders that are put there by hand count as installed. */
export interface SkillManager {
  /** By name, with what is wrong with folders that are no skills. */
  list(): Promise<{ skills: SkillInfo[]; broken: BrokenSkill[] }>;
  /** Throws AppError `skill_not_found` (404) or `skill_invalid` (422). */
  get(name: string): Promise<Skill>;
  setEnabled(name: string, enabled: boolean): Promise<SkillInfo>;
  /** Throws AppErrors `zip_invalid`, `zip_too_large`, `skill_invalid`, and `skill_exists` (409) unless it is to be replaced. */
  install(zip: Buffer, options: { replace: boolean }): Promise<SkillInfo>;
  remove(name: string): Promise<void>;
  /** What agents may use now. */
  enabled(): Promise<Skill[]>;
}

const limits = { maxBytes: 50 * 1024 * 1024, maxFiles: 2000 };
const stateSchema = z.object({ disabled: z.array(z.string()) });

export function createSkillManager({ dataDir, logger }: { dataDir: string; logger: Logger }): SkillManager {
  const root = path.join(dataDir, 'skills');
  const stateFile = path.join(root, '.state.json');
  const queue = createSerialQueue();

  async function names(): Promise<string[]> {
    if (!isPresent(root)) return [];
    try {
      const entries = await readdir(root, { withFileTypes: true });
      // What is being installed or removed begins with a dot.
      return entries
        .flatMap((entry) => (entry.isDirectory() && !entry.name.startsWith('.') ? [entry.name] : []))
        .sort();
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw toStorageError(error);
    }
  }

  async function disabledNames(): Promise<Set<string>> {
    if (!isPresent(stateFile)) return new Set();
    try {
      return new Set(stateSchema.parse(JSON.parse(await readFile(stateFile, 'utf8'))).disabled);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') logger.warn(`The list of disabled skills cannot be read: ${messageOf(error)}`);
      return new Set();
    }
  }

  async function read(name: string, disabled: ReadonlySet<string>): Promise<Skill> {
    const dir = path.join(root, name);
    const { info, instructions }: SkillFolder = await readSkillFolder(dir);
    if (info.name !== name) {
      throw new AppError(
        'skill_invalid',
        `The folder ${name} holds a skill that calls itself ${info.name}. Rename one of them.`,
        { status: 422 },
      );
    }
    return { info: { ...info, enabled: !disabled.has(name) }, instructions, dir };
  }

  async function get(name: string): Promise<Skill> {
    if (!skillNameSchema.safeParse(name).success || !(await names()).includes(name)) throw notFound(name);
    return read(name, await disabledNames());
  }

  async function all(): Promise<{ skills: Skill[]; broken: BrokenSkill[] }> {
    const disabled = await disabledNames();
    const skills: Skill[] = [];
    const broken: BrokenSkill[] = [];
    for (const name of await names()) {
      try {
        skills.push(await read(name, disabled));
      } catch (error) {
        broken.push({ name, problem: messageOf(error) });
      }
    }
    return { skills, broken };
  }

  async function keepState(disabled: ReadonlySet<string>): Promise<void> {
    await makeFoldersBelow(dataDir, root);
    await atomicWriteFile(stateFile, `${JSON.stringify({ disabled: [...disabled].sort() })}\n`);
  }

  /** Puts the unpacked folder where skills are; the one that was there goes only once the new one is complete. */
  async function putInPlace(unpacked: string, name: string, replace: boolean): Promise<void> {
    const place = path.join(root, name);
    const isThere = (await names()).some((other) => other.toLowerCase() === name.toLowerCase());
    if (isThere && !replace) {
      throw new AppError(
        'skill_exists',
        `There is a skill “${name}” already. Install it with replace to take its place.`,
        { status: 409 },
      );
    }
    const old = path.join(root, `.old-${randomUUID()}`);
    if (isThere) await rename(place, old);
    try {
      await rename(unpacked, place);
    } catch (error) {
      if (isThere) await rename(old, place);
      throw error;
    }
    await syncFolder(root);
    await rm(old, { recursive: true, force: true });
  }

  return {
    async list() {
      const { skills, broken } = await all();
      return { skills: skills.map(({ info }) => info), broken };
    },
    get,
    setEnabled: (name, enabled) =>
      queue(async () => {
        const { info } = await get(name);
        const disabled = await disabledNames();
        if (enabled) disabled.delete(name);
        else disabled.add(name);
        await guarded(() => keepState(disabled));
        return { ...info, enabled };
      }),
    install: (zip, { replace }) =>
      queue(() =>
        guarded(async () => {
          await makeFoldersBelow(dataDir, root);
          const unpacked = path.join(root, `.new-${randomUUID()}`);
          await mkdir(unpacked, { mode: 0o755 });
          try {
            await unpackZip(zip, unpacked, limits);
            const { info } = await readSkillFolder(unpacked);
            await putInPlace(unpacked, info.name, replace);
            logger.info(`The skill ${info.name} was installed.`, { version: info.version ?? '', files: info.files });
            return (await get(info.name)).info;
          } finally {
            await rm(unpacked, { recursive: true, force: true });
          }
        }),
      ),
    remove: (name) =>
      queue(() =>
        guarded(async () => {
          if (!(await names()).includes(name)) throw notFound(name);
          const old = path.join(root, `.old-${randomUUID()}`);
          await rename(path.join(root, name), old);
          await rm(old, { recursive: true, force: true });
          const disabled = await disabledNames();
          if (disabled.delete(name)) await keepState(disabled);
        }),
      ),
    enabled: async () => (await all()).skills.filter(({ info }) => info.enabled),
  };
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStorageError(error);
  }
}

function notFound(name: string): AppError {
  return new AppError('skill_not_found', `There is no skill “${name.slice(0, 64).replace(/\p{Cc}/gu, '?')}”.`, {
    status: 404,
  });
}
