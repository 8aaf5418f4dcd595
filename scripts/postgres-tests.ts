import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Integration tests that make a PostgreSQL cluster, told by what they use. */
export function findPostgresTests(root: string): string[] {
  return globSync('server/**/*.integration.test.ts', { cwd: root })
    .filter((path) => readFileSync(join(root, path), 'utf8').includes('makePostgresCluster'))
    .sort();
}
