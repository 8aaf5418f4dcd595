import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { isSecretFile } from '../../data/backup/chosen-files.ts';

export interface WrongRights {
  /** Relative to the data directory; `.` is itself. */
  path: string;
  /** Octal. */
  from: string;
  to: string;
}

const privateFiles = new Set(['console-sessions.json', 'lock', 'node-id']);
const privateFolders = new Set(['tenants', 'logs', 'backups', 'quarantine', 'repairs', 'incoming', 'crashes']);

/** What others of this machine can read or change and should not. Links are left alone. Windows has no such rights. */
export async function findWrongRights(dataDir: string): Promise<WrongRights[]> {
  if (process.platform === 'win32') return [];
  const wrong = [...(await look('.', 0o700))];
  for (const { name } of await readdir(dataDir, { withFileTypes: true })) {
    if (isSecretFile(name) || privateFiles.has(name)) wrong.push(...(await look(name, 0o600)));
    if (privateFolders.has(name)) wrong.push(...(await look(name, 0o700)));
  }
  const backups = await readdir(path.join(dataDir, 'backups')).catch((): string[] => []);
  for (const name of backups.filter((each) => /^agentrail-backup-/.test(each)))
    wrong.push(...(await look(`backups/${name}`, 0o600)));
  return wrong;

  async function look(relative: string, wanted: number): Promise<WrongRights[]> {
    const facts = await lstat(path.join(dataDir, relative)).catch(() => undefined);
    if (facts === undefined || facts.isSymbolicLink() || facts.isDirectory() !== (wanted === 0o700)) return [];
    const mode = facts.mode & 0o7777;
    if ((mode & 0o077) === 0) return [];
    return [{ path: relative, from: octal(mode), to: octal(wanted) }];
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(3, '0');
}
