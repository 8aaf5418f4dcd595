import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type {
  BackupIncludes,
  BackupInfo,
  BackupList,
  BackupReport,
  BackupSchedule,
  CopyStep,
  DrillReport,
  VerifyReport,
} from '../../contract/backups.ts';
import type { Config } from '../../contract/config.ts';
import { AppError, messageOf } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { drillRestore, type StoreTrial } from '../restore/drill.ts';
import { errnoOf } from '../storage-error.ts';
import { archiveName, timeOf } from './archive-format.ts';
import { createBackupRecord } from './backup-record.ts';
import { createBackup } from './create-backup.ts';
import { nextDue } from './next-due.ts';
import { readArchive, readHead } from './read-archive.ts';

export interface BackupsOptions {
  dataDir: string;
  /** Of the program. */
  version: string;
  settings(): Config['backup'];
  tryStore: StoreTrial;
  clock: Clock;
  logger: Logger;
}

export interface BackupWork {
  passphrase?: string;
  onStep?(step: CopyStep): void;
  signal?: AbortSignal;
}

/** The archives of one data directory. One piece of work at a time: others throw AppError `backup_busy` (409). */
export interface Backups {
  list(): Promise<BackupList>;
  /** Throws as `createBackup`. */
  create(includes: BackupIncludes, work?: BackupWork): Promise<BackupReport>;
  /** Reads the whole archive. Throws as `readArchive`. */
  verify(name: string, work?: BackupWork): Promise<VerifyReport>;
  drill(name: string, work?: BackupWork): Promise<DrillReport>;
  remove(name: string): Promise<void>;
  /** Absolute. Throws AppError `backup_not_found` (404). */
  fileOf(name: string): Promise<string>;
  /** When the newest archive was made; undefined: there is none. */
  lastAt(): Promise<number | undefined>;
  /** Makes a scheduled one when it is due, and tells when to look again. */
  whenDue(signal: AbortSignal): Promise<void>;
  schedule(): Promise<BackupSchedule>;
}

const hourMs = 3_600_000;
/** After one that failed. */
const againMs = hourMs;

export function createBackups(options: BackupsOptions): Backups {
  const { dataDir, version, settings, tryStore, clock } = options;
  const logger = options.logger.child({ component: 'data' });
  let isBusy = false;
  const record = createBackupRecord(dataDir, logger);

  const dirOf = (): string => {
    const { dir } = settings();
    return dir === undefined ? path.join(dataDir, 'backups') : path.resolve(dataDir, dir);
  };

  async function alone<T>(work: () => Promise<T>): Promise<T> {
    if (isBusy) {
      const message = 'Another backup, check or drill is going on. Wait until it is over, or stop it.';
      throw new AppError('backup_busy', message, { status: 409 });
    }
    isBusy = true;
    try {
      return await work();
    } finally {
      isBusy = false;
    }
  }

  async function names(): Promise<string[]> {
    try {
      const all = await readdir(dirOf());
      return all.filter((name) => archiveName.test(name)).toSorted((a, b) => timeOf(b) - timeOf(a) || (a < b ? 1 : -1));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      const message = `The folder of backups ${dirOf()} cannot be read (${errnoOf(error) ?? messageOf(error)}).`;
      throw new AppError('backup_dir_unreadable', message, { status: 503, cause: error });
    }
  }

  async function fileOf(name: string): Promise<string> {
    const file = path.join(dirOf(), name);
    if (archiveName.test(name) && (await isThere(file))) return file;
    throw new AppError('backup_not_found', 'There is no such backup.', { status: 404 });
  }

  async function infoOf(name: string): Promise<BackupInfo[]> {
    const file = path.join(dirOf(), name);
    const sizeBytes = await stat(file).then(
      ({ size }) => size,
      () => undefined,
    );
    if (sizeBytes === undefined) return [];
    try {
      const { createdAt, program, includes } = await readHead(file);
      return [{ name, sizeBytes, createdAt, version: program, includes }];
    } catch (error) {
      const unknown = { version: '', includes: { workspaces: false, secrets: false } };
      return [{ name, sizeBytes, createdAt: timeOf(name), ...unknown, problem: messageOf(error) }];
    }
  }

  const lastAt = async (): Promise<number | undefined> => {
    const [newest] = await names();
    return newest === undefined ? undefined : timeOf(newest);
  };

  async function dueAt(): Promise<number | undefined> {
    const due = nextDue(settings(), await lastAt());
    if (due === undefined) return undefined;
    const problem = await problemNow();
    // A clock that was set back must not put it off for long.
    return problem && problem.at <= clock.now() ? Math.max(due, problem.at + againMs) : due;
  }

  /** Of the last scheduled one, unless there is an archive since. */
  async function problemNow(): Promise<BackupSchedule['problem']> {
    const result = await record.scheduled();
    if (!result || result.ok || ((await lastAt()) ?? 0) > result.at) return undefined;
    const { code, message, at } = result;
    return { code, message, at };
  }

  async function schedule(): Promise<BackupSchedule> {
    const { everyHours, keep, workspaces, at, on } = settings();
    const [last, next, lastResult] = [await lastAt(), await dueAt(), await record.scheduled()];
    const problem = everyHours === 0 ? undefined : await problemNow();
    return {
      ...{ everyHours, keep, workspaces, dir: dirOf() },
      ...(at !== undefined && everyHours >= 24 && { at }),
      ...(on !== undefined && at !== undefined && everyHours >= 168 && { on }),
      ...(lastResult && { lastResult }),
      ...(last !== undefined && { lastAt: last }),
      ...(next !== undefined && { nextAt: Math.max(next, clock.now()) }),
      ...(problem && { problem }),
    };
  }

  function create(includes: BackupIncludes, work: BackupWork = {}): Promise<BackupReport> {
    return alone(async () => {
      const made = await createBackup({
        ...{ dataDir, dir: dirOf(), version, includes, keep: settings().keep, now: clock.now() },
        ...work,
      });
      const { name, sizeBytes, files, totalBytes, leftOut, leftOutCount, removed } = made;
      logger.info('Backup made', { name, sizeBytes, files, totalBytes, removed: removed.length });
      if (leftOutCount > 0)
        logger.warn('files that could not be read are not in the backup', { leftOutCount, leftOut });
      return made;
    });
  }

  return {
    list: async () => ({
      backups: (await Promise.all((await names()).map(infoOf))).flat(),
      schedule: await schedule(),
      drills: await record.drills(),
    }),
    create,
    verify: (name, work = {}) =>
      alone(async () => {
        const { head, files, totalBytes, secrets } = await readArchive(await fileOf(name), work);
        const { createdAt, program, includes } = head;
        return {
          ...{ name, files, totalBytes, createdAt, version: program, includes },
          ...(secrets && { secretsOpen: true }),
        };
      }),
    drill: (name, work = {}) =>
      alone(async () => {
        const archive = await fileOf(name);
        const scratchDir = path.join(dataDir, 'backups');
        await mkdir(scratchDir, { recursive: true, mode: 0o700 });
        for (const left of (await readdir(scratchDir)).filter((each) => each.startsWith('.restore-drill-')))
          await rm(path.join(scratchDir, left), { recursive: true, force: true });
        const report = await drillRestore({ archive, scratchDir, tryStore, ...work });
        const { tenants, sessions, messages } = report;
        await record.keepDrill({ name, at: clock.now(), tenants, sessions, messages });
        return report;
      }),
    async remove(name) {
      await rm(await fileOf(name), { force: true });
      logger.info('Backup removed', { name });
    },
    fileOf,
    lastAt,
    schedule,
    async whenDue(signal) {
      try {
        const due = await dueAt();
        if (due === undefined || due > clock.now() || isBusy) return;
        const { name: made, sizeBytes } = await create(
          { workspaces: settings().workspaces, secrets: false },
          { signal },
        );
        await record.keepScheduled({ ok: true, at: clock.now(), name: made, sizeBytes });
      } catch (error) {
        if (signal.aborted) return;
        const code = error instanceof AppError ? error.code : 'internal';
        await record.keepScheduled({ ok: false, code, message: messageOf(error).slice(0, 2000), at: clock.now() });
        logger.error(`The scheduled backup failed and is tried again in an hour: ${messageOf(error)}`, { code });
      }
    },
  };
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
