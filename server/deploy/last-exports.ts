import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type DeployFile, type DeployTarget, deployTargets } from '../contract/deploy.ts';
import { atomicWriteFile } from '../data/atomic-write.ts';
import { makeFoldersBelow } from '../data/folders.ts';
import { errnoOf, toStorageError } from '../data/storage-error.ts';

const lastExportSchema = z.object({
  version: z.literal(1),
  at: z.number(),
  files: z.array(z.object({ path: z.string(), content: z.string() })).max(100),
});

export interface LastExport {
  at: number;
  files: DeployFile[];
}

/** What was exported last, by target, kept in `{dataDir}/deploy/`. One that cannot be read is as good as none. */
export interface LastExports {
  read(target: DeployTarget): Promise<LastExport | undefined>;
  /** Throws AppError `storage_unavailable` or `disk_full`. */
  keep(target: DeployTarget, last: LastExport): Promise<void>;
}

export function createLastExports(dataDir: string): LastExports {
  const folder = path.join(dataDir, 'deploy');
  const fileOf = (target: DeployTarget) => path.join(folder, `${deployTargets.find((each) => each === target)}.json`);
  return {
    async read(target) {
      const text = await readFile(fileOf(target), 'utf8').catch((error: unknown) => {
        if (errnoOf(error) === 'ENOENT') return undefined;
        throw toStorageError(error);
      });
      return text === undefined ? undefined : parse(text);
    },
    async keep(target, last) {
      try {
        await makeFoldersBelow(dataDir, folder);
        await atomicWriteFile(fileOf(target), `${JSON.stringify({ version: 1, ...last })}\n`);
      } catch (error) {
        throw toStorageError(error);
      }
    },
  };
}

function parse(text: string): LastExport | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { data } = lastExportSchema.safeParse(value);
  return data && { at: data.at, files: data.files };
}
