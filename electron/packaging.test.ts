import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { linkScheme } from './deep-links.ts';

// electron-builder's own check, as it runs before packing.
const require = createRequire(import.meta.url);
const { validateConfiguration } = require('app-builder-lib/out/util/config/config.js') as {
  validateConfiguration(config: object, log: object): Promise<void>;
};
const { DebugLogger } = require('builder-util') as { DebugLogger: new (isEnabled: boolean) => object };

const root = join(import.meta.dirname, '..');
const config = parse(readFileSync(join(root, 'electron-builder.yml'), 'utf8'));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

function validate(changes: object): Promise<void> {
  return validateConfiguration({ ...structuredClone(config), ...changes }, new DebugLogger(false));
}

describe('electron-builder.yml', () => {
  test('is accepted by electron-builder', async () => {
    await expect(validate({})).resolves.toBeUndefined();
  });

  test.each([
    ['a misspelt key', { electronFuse: {} }],
    ['a misspelt fuse', { electronFuses: { ...config.electronFuses, runAsNodes: false } }],
    ['a value of the wrong kind', { asar: 'yes' }],
  ])('with %s is refused', async (_what, changes) => {
    await expect(validate(changes)).rejects.toThrow('Invalid configuration object');
  });

  test('packs for the Electron that was tested', () => {
    const installed = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8'));
    expect(config.electronVersion).toBe(installed.version);
  });

  test('turns off every way to run other code with the program', () => {
    expect(config.electronFuses).toEqual({
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      loadBrowserProcessSpecificV8Snapshot: false,
      grantFileProtocolExtraPrivileges: false,
    });
  });

  test('packs what the main process looks for', () => {
    expect(manifest.main).toBe('dist/main/electron.js');
    expect(config.files).toEqual(expect.arrayContaining(['dist/**', 'resources/**', 'package.json', '!node_modules']));
  });

  test('asks for links, and for nothing of a Mac but what V8 needs', () => {
    expect(config.protocols).toEqual([expect.objectContaining({ schemes: [linkScheme] })]);
    const entitlements = readFileSync(join(root, config.mac.entitlements), 'utf8');
    expect(entitlements.match(/<key>[^<]+/g)).toEqual(['<key>com.apple.security.cs.allow-jit']);
    expect(config.mac).toMatchObject({ hardenedRuntime: true, notarize: true });
  });

  test('makes every package that the documentation names', () => {
    const both = ['arm64', 'x64'];
    expect(config.linux.target).toEqual(['AppImage', 'deb', 'rpm']);
    expect(config.mac.target).toEqual([
      { target: 'dmg', arch: both },
      { target: 'zip', arch: both },
    ]);
    expect(config.win.target).toEqual(['nsis', 'zip']);
  });
});
