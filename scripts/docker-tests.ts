import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Those of them that start engines of their own beside the one of this machine. */
export function findEngineTests(root: string): string[] {
  return findDockerTests(root).filter((path) =>
    /fixtures\/(real-(sshd|podman|daemon)|busybox-image)/.test(readFileSync(join(root, path), 'utf8')),
  );
}

/** Integration tests that make containers, told by what they use. */
export function findDockerTests(root: string): string[] {
  return globSync('server/**/*.integration.test.ts', { cwd: root })
    .filter((path) => /createSandboxManager|real-sandboxes|docker/.test(readFileSync(join(root, path), 'utf8')))
    .sort();
}
