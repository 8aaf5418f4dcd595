import { closeSync, openSync } from 'node:fs';

/**
 * Makes the file, when it is not there, for its owner alone. For what opens files without saying with which rights:
 * SQLite gives its database those of the umask, and the log beside it those of the database.
 */
export function makePrivateFileSync(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
}
