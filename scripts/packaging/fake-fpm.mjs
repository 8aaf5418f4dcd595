#!/usr/bin/env node
/**
 * Stands in for fpm, which electron-builder would fetch: takes the arguments that fpm takes for a folder and a .deb,
 * refuses those it does not know, and has dpkg-deb make the package of them. What it was given is left beside it.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const valued = {
  ...{ '-s': 'source', '-t': 'target', '-d': 'depends', '--deb-recommends': 'recommends', '--license': 'license' },
  ...{ '--architecture': 'architecture', '--after-install': 'postinst', '--after-remove': 'postrm', '--name': 'name' },
  ...{ '--description': 'description', '--version': 'version', '--package': 'package', '--vendor': 'vendor' },
  ...{ '--maintainer': 'maintainer', '--url': 'url', '--deb-priority': 'priority', '--deb-compression': 'compression' },
};
const given = process.argv.slice(2);
const options = {};
const files = [];
while (given.length > 0) {
  const argument = given.shift();
  if (argument === '--force') continue;
  const name = valued[argument];
  if (name !== undefined) options[name] = [...(options[name] ?? []), given.shift()];
  else if (argument.startsWith('-')) throw new Error(`fpm was given ${argument}`);
  else files.push(argument);
}
const one = (name) => {
  if (options[name]?.length !== 1) throw new Error(`fpm needs one ${name}`);
  return options[name][0];
};
if (one('source') !== 'dir' || one('target') !== 'deb') throw new Error('This makes a .deb of a folder.');

const root = mkdtempSync(join(process.env.FAKE_FPM_DIR ?? dirname(process.argv[1]), 'deb-'));
for (const pair of files) {
  const [from, to] = pair.split('=');
  // As in rsync, a slash at the end means what is inside.
  const isInside = from.endsWith('/');
  if (isInside !== statSync(from).isDirectory()) throw new Error(`fpm was given ${pair}`);
  const target = join(root, to);
  mkdirSync(isInside ? target : dirname(target), { recursive: true });
  cpSync(from, target, { recursive: true, preserveTimestamps: true });
}
const [synopsis, ...rest] = one('description').split('\n');
const long = rest.map((line) => ` ${line.trim() || '.'}`);
const control = [
  ...[`Package: ${one('name')}`, `Version: ${one('version')}`, `Architecture: ${one('architecture')}`],
  ...[`Maintainer: ${one('maintainer')}`, `Homepage: ${one('url')}`, `Priority: ${one('priority')}`],
  ...[`Depends: ${options.depends.join(', ')}`, `Recommends: ${options.recommends.join(', ')}`],
  ...[`Description: ${synopsis}`, ...long],
];
const debian = join(root, 'DEBIAN');
mkdirSync(debian);
writeFileSync(join(debian, 'control'), `${control.join('\n')}\n`);
for (const script of ['postinst', 'postrm']) {
  cpSync(one(script), join(debian, script));
  chmodSync(join(debian, script), 0o755);
}
chmodSync(root, 0o755);
execFileSync('dpkg-deb', ['--build', '--root-owner-group', '-Zgzip', '-z1', root, one('package')], {
  stdio: 'inherit',
});
