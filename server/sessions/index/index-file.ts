import { type BigIntStats, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { makePrivateFileSync } from '../../data/private-file.ts';
import { schema, schemaVersion } from './schema.ts';

/** Pages of the write-ahead log are moved into the file when it is larger. */
const maxWalBytes = 16 * 1024 * 1024;

/**
 * One tenant's index.sqlite. It holds nothing that the session files do not, so whatever is wrong with it is answered
 * by making it anew; when the disk does not take it at all, it lies in memory.
 */
export interface IndexFile {
  readonly database: DatabaseSync;
  /** What it says was true when its last owner ended in order. */
  readonly isTrusted: boolean;
  /** `deleted`: still whole for who has it open. `changed`: somebody wrote into it. */
  condition(): 'kept' | 'deleted' | 'changed';
  /** All of it or nothing. */
  transaction(work: () => void): void;
  /** Leaves nothing of what was removed beside the file; expensive, so once after many removals. */
  scrub(): void;
  /** In order: the next owner may trust it. Throws when it was damaged; it is closed all the same. */
  close(inOrder: boolean): void;
}

/** Opens or makes the file. Never throws for what the disk or the file is like. */
export function openIndexFile(file: string): IndexFile {
  // A file would be made under this name, in whatever folder the program was started.
  if (file === ':memory:') return openInMemory();
  try {
    return openOnDisk(file);
  } catch {
    // Damaged, of another version, or the disk refuses: a fresh one tells which.
  }
  try {
    removeIndexFiles(file);
    return openOnDisk(file);
  } catch {
    return openInMemory();
  }
}

/** The file with what SQLite lays beside it. */
export function removeIndexFiles(file: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true });
}

function openOnDisk(file: string): IndexFile {
  makePrivateFileSync(file);
  const database = new DatabaseSync(file, { defensive: true });
  try {
    // Nobody else opens it, so its locks and its shared memory can stay in this process.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0');
    // A power cut may take the latest writes, never the file; the look at the session files brings them back.
    database.exec('PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384');
    // What a person deletes is overwritten, not only forgotten.
    database.exec('PRAGMA secure_delete = ON');
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version);
    if (version !== 0 && version !== schemaVersion) throw new Error(`index of version ${version}`);
    if (version === 0) database.exec(`BEGIN; ${schema}; PRAGMA user_version = ${schemaVersion}; COMMIT`);
    const isTrusted = database.prepare("SELECT value FROM facts WHERE name = 'trusted'").get()?.value === 1;
    database.exec("REPLACE INTO facts VALUES ('trusted', 0)");
    return onDisk(file, database, isTrusted);
  } catch (error) {
    database.close();
    throw error;
  }
}

function onDisk(file: string, database: DatabaseSync, isTrusted: boolean): IndexFile {
  let asLeft: BigIntStats = statSync(file, { bigint: true });

  function condition(): ReturnType<IndexFile['condition']> {
    const now = statSync(file, { bigint: true, throwIfNoEntry: false });
    if (now === undefined || now.ino !== asLeft.ino || now.dev !== asLeft.dev) return 'deleted';
    return now.size === asLeft.size && now.mtimeNs === asLeft.mtimeNs ? 'kept' : 'changed';
  }

  /** Moves what waits in the write-ahead log, old versions of removed rows included, into the file. */
  function checkpoint(): void {
    if (condition() !== 'kept') return;
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    asLeft = statSync(file, { bigint: true });
  }

  return {
    database,
    isTrusted,
    condition,
    transaction(work) {
      inTransaction(database, work);
      const waiting = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
      if (waiting > maxWalBytes) checkpoint();
    },
    scrub: checkpoint,
    close(inOrder) {
      try {
        if (inOrder) database.exec("REPLACE INTO facts VALUES ('trusted', 1)");
      } finally {
        database.close();
      }
    },
  };
}

function openInMemory(): IndexFile {
  const database = new DatabaseSync(':memory:', { defensive: true });
  database.exec(schema);
  return {
    database,
    isTrusted: false,
    condition: () => 'kept',
    transaction: (work) => inTransaction(database, work),
    scrub: () => undefined,
    close: () => database.close(),
  };
}

function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
