import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkParts, warningsFor } from './before-pack.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'agentrail-parts-'));
  const built = ['main/electron.js', 'preload/preload.cjs', 'renderer/index.html', 'THIRD-PARTY-NOTICES.txt'];
  for (const path of [...built, 'sbom.cdx.json']) {
    mkdirSync(dirname(join(root, 'dist', path)), { recursive: true });
    writeFileSync(join(root, 'dist', path), '');
  }
  mkdirSync(join(root, 'node_modules/@napi-rs/keyring-linux-x64-gnu'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

test('a package that has all its parts is made', () => {
  expect(() => checkParts(root, 'linux', 'x64')).not.toThrow();
});

test('one for a machine whose keychain module is missing is refused, with the command that installs it', () => {
  expect(() => checkParts(root, 'darwin', 'arm64')).toThrow(
    '--os=darwin --cpu=arm64 --force @napi-rs/keyring-darwin-arm64',
  );
});

test('one without a build is refused', () => {
  rmSync(join(root, 'dist/main/electron.js'));
  expect(() => checkParts(root, 'linux', 'x64')).toThrow(
    'dist/main/electron.js is not there. Run "npm run build" first.',
  );
});

test('a build for macOS without credentials says that it is neither notarised nor signed', () => {
  expect(warningsFor('darwin', { APPLE_ID: 'a' })).toEqual([
    expect.stringContaining('NOT NOTARISED'),
    expect.stringContaining('NOT SIGNED'),
  ]);
});

test('with credentials nothing is said, and Linux needs none', () => {
  const key = { APPLE_API_KEY: 'k', APPLE_API_KEY_ID: 'i', APPLE_API_ISSUER: 's', CSC_LINK: 'c' };
  expect(warningsFor('darwin', key)).toEqual([]);
  expect(warningsFor('win32', {})).toEqual([expect.stringContaining('WIN_CSC_LINK')]);
  expect(warningsFor('linux', {})).toEqual([]);
});
