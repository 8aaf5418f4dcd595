import { statfs } from 'node:fs/promises';
import path from 'node:path';
import type { MovePlan } from '../contract/backups.ts';
import type { DataPlace } from '../contract/first-run.ts';
import { checkDataDir } from '../data/data-dir.ts';
import { planMove } from '../data/move/move-data-dir.ts';
import { forgetNextPlace, readNextPlace, writeNextPlace } from '../data/move/next-place.ts';
import { toStorageError } from '../data/storage-error.ts';
import { AppError, messageOf } from '../lib/app-error.ts';

/** What a start moves while a person waits for the window. */
export const maxMoveBytes = 256 * 1024 * 1024;

export interface DataPlaceOptions {
  dataDir: string;
  /** The folder of the program itself. */
  installRoot: string;
  /** Expands `~`. */
  home: string;
  usedBytes(): Promise<number>;
}

export interface DataPlaceChoice {
  read(): Promise<DataPlace>;
  /**
   * Remembers where the next start moves the data directory. Throws as `checkTarget`, and AppError `data_dir_large`
   * (409) with the command that moves it.
   */
  choose(to: string): Promise<{ plan: MovePlan; place: DataPlace }>;
  /** Stays where it is. */
  forget(): Promise<DataPlace>;
}

export function createDataPlace({ dataDir, installRoot, home, usedBytes }: DataPlaceOptions): DataPlaceChoice {
  async function read(): Promise<DataPlace> {
    const [space, problem, next, used] = await Promise.all([
      statfs(dataDir).catch(() => undefined),
      checkDataDir(dataDir).then(() => undefined, messageOf),
      readNextPlace(dataDir),
      // A disk that does not answer is told by `problem`.
      usedBytes().catch(() => 0),
    ]);
    return {
      dataDir,
      ...(space && { freeBytes: space.bavail * space.bsize, totalBytes: space.blocks * space.bsize }),
      ...(problem !== undefined && { problem }),
      ...(next && { next }),
      canMove: used <= maxMoveBytes,
      moveCommand: `agentrail data move <folder> --data-dir ${quoted(dataDir)}`,
    };
  }

  return {
    read,
    async choose(given) {
      const to = given === '~' || /^~[/\\]/.test(given) ? path.join(home, given.slice(1)) : given;
      const plan = await planMove({ from: dataDir, to, installRoot });
      if (plan.totalBytes > maxMoveBytes) {
        const { moveCommand } = await read();
        const sentence = `There is too much data to move it while the program starts. Quit, and run: ${moveCommand}`;
        throw new AppError('data_dir_large', sentence, { status: 409 });
      }
      await writeNextPlace(dataDir, { to: plan.to }).catch((error: unknown) => {
        throw toStorageError(error);
      });
      return { plan, place: await read() };
    },
    async forget() {
      await forgetNextPlace(dataDir);
      return read();
    },
  };
}

function quoted(word: string): string {
  return /^[\w./:\\-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
