/**
 * `node scripts/make-package.ts [--folder DIR] [--tarball]`: the built program as the folder of an npm package
 * (release/npm by default), for the container image; with `--tarball` packed as well. Needs nothing but Node and dist/.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: { folder: { type: 'string', default: join(root, 'release/npm') }, tarball: { type: 'boolean' } },
});
const folder = resolve(values.folder);

if (existsSync(join(root, 'dist/main/agentrail.js'))) {
  makePackage();
  if (values.tarball) pack();
  else process.stdout.write(`${folder}\n`);
} else {
  process.stderr.write('There is no dist/. Run "npm run build" first.\n');
  process.exitCode = 1;
}

function makePackage(): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const path of ['dist/main', 'dist/renderer', 'resources', 'README.md', 'LICENSE']) copy(path);
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
}

/** Beside the folder; npm says what it is called. */
function pack(): void {
  const { status } = spawnSync('npm', ['pack', '--silent', '--pack-destination', dirname(folder)], {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  process.exitCode = status ?? 1;
}

/** Without what only the desktop program, or people who look into the code, need. */
function copy(path: string): void {
  const isLeftOut = (from: string) =>
    from.endsWith('.map') || ['.compiled', 'electron.js', '.vite', 'icons'].includes(basename(from));
  if (existsSync(join(root, path)))
    cpSync(join(root, path), join(folder, path), { recursive: true, filter: (from) => !isLeftOut(from) });
}

function manifest(): Record<string, unknown> {
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  const { name, version, description, license, author, type, bin, engines, dependencies } = own;
  return {
    ...{ name, version, description, license, author, type, bin, engines },
    files: ['dist', 'resources'],
    // Everything else is in the bundle. Without the system's keychain the vault's key is a passphrase or a file.
    optionalDependencies: dependencies,
  };
}
