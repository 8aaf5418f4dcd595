import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BundledPackage } from './bundled-packages.ts';

export interface Licence {
  name: string;
  version: string;
  /** An SPDX expression; undefined: the package names none. */
  id: string | undefined;
  homepage: string | undefined;
  /** Its licence and notice files; empty when it carries none. */
  text: string;
}

/** What may be shipped inside a program under Apache-2.0 without more than its text. */
const allowed = new Set(
  ['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'OFL-1.1', 'BlueOak-1.0.0'].concat([
    'Unlicense',
    'CC0-1.0',
    'Python-2.0',
    'Zlib',
  ]),
);

/** `MIT`, `(MIT OR GPL-2.0)`, `MIT AND BSD-3-Clause`: one of the first, all of the second. Unknown forms are refused. */
export function isAllowed(expression: string): boolean {
  const plain = expression.trim();
  const inner = /^\(([^()]*)\)$/.exec(plain)?.[1] ?? plain;
  if (/[()]/.test(inner)) return false;
  return inner.split(/\s+OR\s+/).some((option) => option.split(/\s+AND\s+/).every((id) => allowed.has(id.trim())));
}

export function readLicence({ name, version, dir }: BundledPackage): Licence {
  const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Record<string, unknown>;
  const files = readdirSync(dir).sort();
  const texts = files
    .filter((file) => /^(licen[cs]e|copying|notice)([.-]|$)/i.test(file))
    .map((file) => readFileSync(join(dir, file), 'utf8').replaceAll('\r\n', '\n').trim());
  const readme = files.find((file) => /^readme(\.|$)/i.test(file));
  return {
    name,
    version,
    id: idOf(manifest),
    homepage: typeof manifest.homepage === 'string' ? manifest.homepage : undefined,
    text:
      texts.length === 0 && readme !== undefined
        ? textInReadme(readFileSync(join(dir, readme), 'utf8'))
        : texts.join('\n\n'),
  };
}

/** Some packages have their licence as the last part of the README, others only its name there. */
function textInReadme(readme: string): string {
  const part = /^#+ *licen[cs]e\b.*\n([\s\S]*)/im.exec(readme.replaceAll('\r\n', '\n'))?.[1] ?? '';
  return /Copyright[\s\S]*Permission/i.test(part) ? part.trim() : '';
}

/** Old packages wrote an object, or a list of them. */
function idOf({ license, licenses }: Record<string, unknown>): string | undefined {
  if (typeof license === 'string') return license;
  const [first] = Array.isArray(licenses) ? licenses : [license];
  if (typeof first === 'string') return first;
  return typeof first === 'object' && first !== null && 'type' in first ? String(first.type) : undefined;
}

/** A sentence for each package that must not be shipped as it is. */
export function findLicenceFaults(licences: readonly Licence[]): string[] {
  return licences.flatMap(({ name, version, id, text }) => {
    const which = `${name} ${version}`;
    if (id === undefined) return [`${which} names no licence: find another package, or ask its authors.`];
    if (!isAllowed(id)) return [`${which} is under ${id}, which is not on the list of scripts/licences/licences.ts.`];
    return text === '' ? [`${which} carries no text of its licence (${id}): add it to scripts/licences/texts.`] : [];
  });
}
