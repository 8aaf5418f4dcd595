import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };

/** The program's own files below its root, from source and from the bundle alike. */
export function installFiles(root: string): { rendererDir: string; resourcesDir: string; version: string } {
  return {
    rendererDir: join(root, 'dist/renderer'),
    resourcesDir: join(root, 'resources'),
    version: packageJson.version,
  };
}
