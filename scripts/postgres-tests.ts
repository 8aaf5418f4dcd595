import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Integration tests that make a PostgreSQL cluster, told by what they use. */
export function findPostgresTests(root: string): string[] {
  return globSync('server/**/*.integration.test.ts', { cwd: root })
    .filter((path) => readFileSync(join(root, path), 'utf8').includes('makePostgresCluster'))
    .sort();
}

/** Where PostgreSQL's programs are; Debian keeps them out of the PATH. */
export function findPostgresBin(): string {
  const found = globSync('/usr/lib/postgresql/*/bin/initdb').sort().at(-1);
  if (found === undefined) throw new Error('PostgreSQL is missing: apt-get install postgresql.');
  return dirname(found);
}
