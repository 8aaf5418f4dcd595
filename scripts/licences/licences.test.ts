import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packageOf } from './bundled-packages.ts';
import { findLicenceFaults, isAllowed, type Licence, readLicence } from './licences.ts';
import { licenceList, noticesText } from './notices.ts';
import { sbomOf } from './sbom.ts';

const licence = (change: Partial<Licence>): Licence => ({
  ...{ name: 'left', version: '1.0.0', id: 'MIT', homepage: undefined, text: 'Permission is granted.' },
  ...change,
});

test.each([
  ['MIT', true],
  ['(MIT OR GPL-3.0-or-later)', true],
  ['(MIT AND Zlib)', true],
  ['GPL-3.0-or-later', false],
  ['MIT AND GPL-2.0', false],
  ['(MIT OR (GPL-2.0 AND ISC))', false],
  ['SEE LICENSE IN EULA.txt', false],
  ['UNLICENSED', false],
  ['', false],
])('a package under "%s" may be shipped: %s', (id, expected) => {
  expect(isAllowed(id)).toBe(expected);
});

test.each([
  ['names no licence', { id: undefined }, 'names no licence'],
  ['is under a licence that is not on the list', { id: 'AGPL-3.0' }, 'is under AGPL-3.0'],
  ['carries no text', { text: '' }, 'carries no text'],
])('a package that %s is a fault, said with its name', (_what, change, sentence) => {
  expect(findLicenceFaults([licence({}), licence({ ...change, name: 'wrong' })])).toEqual([
    expect.stringMatching(new RegExp(`^wrong 1\\.0\\.0 ${sentence}`)),
  ]);
});

describe('a licence read from a package', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'agentrail-licence-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const read = (manifest: object) => {
    writeFileSync(join(dir, 'package.json'), JSON.stringify(manifest));
    return readLicence({ name: 'x', version: '1.0.0', dir });
  };

  test('is every licence and notice file', () => {
    writeFileSync(join(dir, 'LICENSE-MIT'), 'one\r\ntwo\n');
    writeFileSync(join(dir, 'NOTICE'), 'three');
    expect(read({ license: 'MIT' })).toMatchObject({ id: 'MIT', text: 'one\ntwo\n\nthree' });
  });

  test('is found in the README when there is no file, and only when its text stands there', () => {
    writeFileSync(join(dir, 'README.md'), '# x\n\n## License\n\nMIT\n');
    expect(read({ licenses: [{ type: 'MIT' }] })).toMatchObject({ id: 'MIT', text: '' });
    writeFileSync(join(dir, 'README.md'), '# x\n\n## License\n\nCopyright (c) A\n\nPermission is granted\n');
    expect(read({ license: { type: 'ISC' } })).toMatchObject({
      id: 'ISC',
      text: 'Copyright (c) A\n\nPermission is granted',
    });
  });
});

test('a file belongs to the innermost package that has a name, and our own files to none', () => {
  const root = join(import.meta.dirname, '../..');
  expect(packageOf(join(root, 'node_modules/zod/v4/core/index.js'))?.name).toBe('zod');
  expect(packageOf(`\0${join(root, 'node_modules/react/index.js')}?commonjs-es-import`)?.name).toBe('react');
  expect(packageOf(join(root, 'server/index.ts'))).toBeUndefined();
});

test('the same text is listed once, with every package that it is for', () => {
  const list = licenceList([licence({}), licence({ name: 'right' }), licence({ name: 'other', text: 'Other.' })]);
  expect(list.texts).toEqual(['Permission is granted.', 'Other.']);
  expect(list.packages.map(({ text }) => text)).toEqual([0, 0, 1]);
  expect(noticesText(list)).toContain('left 1.0.0 (MIT)\nright 1.0.0 (MIT)');
});

test('the bill of materials names packages by purl, expressions as expressions, and is the same each time', () => {
  const make = () =>
    sbomOf({ name: 'app', version: '2.0.0', license: 'Apache-2.0' }, [
      licence({ name: '@scope/left' }),
      licence({ name: 'jszip', id: '(MIT OR GPL-3.0-or-later)' }),
    ]);
  expect(make()).toMatchObject({
    metadata: { component: { purl: 'pkg:npm/app@2.0.0' } },
    components: [
      { purl: 'pkg:npm/%40scope/left@1.0.0', licenses: [{ license: { id: 'MIT' } }] },
      { licenses: [{ expression: '(MIT OR GPL-3.0-or-later)' }] },
    ],
    dependencies: [{ dependsOn: ['pkg:npm/%40scope/left@1.0.0', 'pkg:npm/jszip@1.0.0'] }, {}, {}],
  });
  expect(JSON.stringify(make())).toBe(JSON.stringify(make()));
});
