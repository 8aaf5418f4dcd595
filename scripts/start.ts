/** `npm start`: builds what is stale, then shows the console: in its window, or in the browser where that cannot be. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { endWithParent, exitOf, launcherPipe, runInForeground } from './child.ts';
import { chooseHome } from './choose-home.ts';
import { findElectron } from './electron-binary.ts';
import { isBuildStale } from './stale-build.ts';

const root = join(import.meta.dirname, '..');
const passedOn = process.argv.slice(2);
/** Whatever ends this process, the console then ends in order. On Windows it would end with it anyway. */
const watching = process.platform === 'win32' ? [] : [`--launcher-pipe=${launcherPipe}`];
// npm passes signals on, but not that it was killed.
if (process.env.npm_lifecycle_event !== undefined) endWithParent();

if (isBuildStale(root)) await build();
process.exit(await show());

async function build(): Promise<void> {
  process.stdout.write('Building…\n');
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const code = await exitOf(
    spawn(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: root, stdio: 'inherit' }),
  );
  if (code !== 0) {
    process.stderr.write('The build failed; what is above says why.\n');
    process.exit(code);
  }
}

function show(): Promise<number> {
  const electron = findElectron(root);
  const home = chooseHome({
    platform: process.platform,
    electron,
    display: process.env.WAYLAND_DISPLAY || process.env.DISPLAY,
    userId: process.getuid?.(),
  });
  if (home.name === 'desktop' && electron) return runInForeground(electron, [root, ...watching, ...passedOn]);
  if (home.name === 'browser') process.stdout.write(`No desktop window: ${home.reason}. Using the browser instead.\n`);
  return runInForeground(process.execPath, [join(root, 'dist/main/agentrail.js'), 'console', ...watching, ...passedOn]);
}
