import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import type { Plugin } from 'vite';

/** A package some of whose code, style or fonts is in what is shipped. */
export interface BundledPackage {
  name: string;
  version: string;
  /** Absolute. */
  dir: string;
}

/** The package that a file came from; undefined for files of our own and of the bundler. */
export function packageOf(file: string): BundledPackage | undefined {
  const path = file.replace(/^\0/, '').replace(/[?#].*$/, '');
  if (!path.includes(`${sep}node_modules${sep}`)) return undefined;
  for (let dir = dirname(path); dir.includes(`${sep}node_modules${sep}`); dir = dirname(dir)) {
    const manifest = join(dir, 'package.json');
    if (!existsSync(manifest)) continue;
    // Folders inside a package have manifests too, which only tell how they are to be loaded.
    const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as Partial<BundledPackage>;
    if (name && version && dir.endsWith(join('node_modules', name))) return { name, version, dir };
  }
  return undefined;
}

/** Sees what the bundler puts into its files, over all targets of a build. */
export function followPackages(): { plugin: Plugin; packages(): BundledPackage[] } {
  const found = new Map<string, BundledPackage>();
  const add = (file: string) => {
    const from = packageOf(file);
    if (from) found.set(`${from.name}@${from.version}`, from);
  };
  return {
    plugin: {
      name: 'follow-packages',
      generateBundle(_, bundle) {
        for (const file of Object.values(bundle)) for (const id of idsOf(file)) add(id);
        // Styles are put together before the bundler counts their modules.
        for (const id of this.getModuleIds()) if (/\.css($|\?)/.test(id)) add(id);
      },
    },
    packages: () => [...found.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
  };
}

type Output = { type: 'chunk'; moduleIds: string[] } | { type: 'asset'; originalFileNames: string[] };

function idsOf(file: Output): string[] {
  // Names of assets are relative to the root of the renderer.
  const root = join(import.meta.dirname, '../../renderer');
  return file.type === 'chunk' ? file.moduleIds : file.originalFileNames.map((name) => join(root, name));
}
