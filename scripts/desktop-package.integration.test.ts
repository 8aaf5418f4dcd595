import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { extractAll, getRawHeader, listPackage } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { _electron, type ElectronApplication } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { desktopRuntime } from '../e2e/support/desktop-runtime.ts';
import { findLicenceFaults, isAllowed } from './licences/licences.ts';
import type { LicenceList } from './licences/notices.ts';
import { makeFakeElectron } from './packaging/fake-electron.ts';

/**
 * The desktop program as electron-builder packs it for Linux, around a folder that only looks like Electron. The same
 * files are then run: the server under plain Node, the whole program in the stand-in.
 */
const exec = promisify(execFile);
const root = join(import.meta.dirname, '..');
const program = 'agentrail-console';
let work: string;
let unpacked: string;
let asar: string;
/** What lies in the archive, as plain files. */
let contents: string;
let env: NodeJS.ProcessEnv;
const children: ChildProcess[] = [];

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'agentrail-desktop-'));
  const electron = join(work, 'electron');
  const { version } = JSON.parse(await readFile(join(root, 'node_modules/electron/package.json'), 'utf8'));
  await makeFakeElectron(electron, version);
  const given = [`-c.electronDist=${electron}`, `-c.directories.output=${join(work, 'out')}`];
  await exec(join(root, 'node_modules/.bin/electron-builder'), ['--linux', 'dir', '-p', 'never', ...given], {
    cwd: root,
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` },
  });
  unpacked = join(work, 'out', (await readdir(join(work, 'out'))).find((name) => name.endsWith('unpacked')) ?? '');
  asar = join(unpacked, 'resources/app.asar');
  contents = join(work, 'app');
  extractAll(asar, contents);
  env = {
    ...{ PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`, HOME: work },
    ...{ XDG_CONFIG_HOME: join(work, 'config'), AGENTRAIL_PORT: '0', DOCKER_HOST: `unix://${work}/no.sock` },
  };
});

afterAll(async () => {
  for (const child of children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  // Chromium's own children write for a moment longer.
  await rm(work, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

describe('the archive', () => {
  /** Everything that may be in it; a file of another kind has to be wanted here first. */
  const allowed = [
    /^package\.json$/,
    /^dist\/(THIRD-PARTY-NOTICES\.txt|sbom\.cdx\.json)$/,
    /^dist\/main\/[\w.-]+\.js$/,
    /^dist\/preload\/preload\.cjs$/,
    /^dist\/renderer\/(index\.html|brand\.svg|licences\.json)$/,
    /^dist\/renderer\/assets\/[\w.-]+\.(js|css|woff2?)$/,
    /^resources\/icons\/(icon-512|tray\/\w+(@2x)?)\.png$/,
    /^resources\/(profiles|sandbox|scaffold)\//,
    /^node_modules\/@napi-rs\/keyring\/(package\.json|LICENSE|\w+\.js)$/,
    /^node_modules\/@napi-rs\/keyring-linux-\w+-(gnu|musl)\/(package\.json|LICENSE[\w.-]*|[\w.-]+\.node)$/,
  ];

  test('holds what the program needs and nothing else', async () => {
    const files = await filesOf(contents);
    expect(files.filter((file) => !allowed.some((pattern) => pattern.test(file)))).toEqual([]);
    for (const pattern of allowed)
      expect(
        files.some((file) => pattern.test(file)),
        String(pattern),
      ).toBe(true);
    expect(listPackage(asar, { isPack: false }).length).toBeGreaterThan(files.length);
  });

  test('is, with what lies unpacked beside it, under 25 MB', async () => {
    const beside = await filesOf(join(unpacked, 'resources'));
    const sizes = await Promise.all(beside.map((file) => stat(join(unpacked, 'resources', file))));
    const bytes = sizes.reduce((sum, { size }) => sum + size, 0);
    expect(bytes).toBeLessThan(25_000_000);
    expect(bytes).toBeGreaterThan(5_000_000);
  });

  test('carries the checksum of every file, and native modules outside of itself', () => {
    type Node = { files?: Record<string, Node>; integrity?: { algorithm: string; hash: string }; unpacked?: boolean };
    const leaves: [string, Node][] = [];
    const walk = (name: string, node: Node) => {
      if (!node.files) leaves.push([name, node]);
      for (const [child, below] of Object.entries(node.files ?? {})) walk(`${name}/${child}`, below);
    };
    walk('', getRawHeader(asar).header as unknown as Node);
    expect(leaves.length).toBeGreaterThan(50);
    for (const [name, { integrity, unpacked }] of leaves) {
      expect(integrity, name).toMatchObject({ algorithm: 'SHA256', hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
      if (name.endsWith('.node')) expect(unpacked, name).toBe(true);
    }
  });
});

test('the fuses of the program are set as the configuration says', async () => {
  const wire = await getCurrentFuseWire(join(unpacked, program));
  const [DISABLE, ENABLE] = ['0', '1'].map((digit) => digit.charCodeAt(0));
  expect(wire).toMatchObject({
    [FuseV1Options.RunAsNode]: DISABLE,
    [FuseV1Options.EnableCookieEncryption]: ENABLE,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: DISABLE,
    [FuseV1Options.EnableNodeCliInspectArguments]: DISABLE,
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: ENABLE,
    [FuseV1Options.OnlyLoadAppFromAsar]: ENABLE,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: DISABLE,
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: DISABLE,
  });
});

test('the languages of the console are the only ones of Chromium', async () => {
  expect((await readdir(join(unpacked, 'locales'))).sort()).toEqual(['en-US.pak', 'zh-CN.pak']);
});

describe('licences', () => {
  test('of everything that is bundled are known, allowed and in the package', async () => {
    const list: LicenceList = JSON.parse(await readFile(join(contents, 'dist/renderer/licences.json'), 'utf8'));
    const licences = list.packages.map(({ name, version, id, text }) => ({
      ...{ name, version, id: id || undefined, homepage: undefined, text: list.texts[text] ?? '' },
    }));
    expect(findLicenceFaults(licences)).toEqual([]);
    const names = licences.map(({ name }) => name);
    // From the page, its styles, the main process, and from beside the bundle.
    for (const name of ['react', '@fontsource-variable/inter', 'tailwindcss', 'hono', 'pdfjs-dist', '@napi-rs/keyring'])
      expect(names).toContain(name);
    expect(names.filter((name) => /^(electron|vite|vitest|typescript|@playwright\/test|axios)$/.test(name))).toEqual(
      [],
    );
    const notices = await readFile(join(contents, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
    for (const { name, version, id } of licences) expect(notices).toContain(`${name} ${version} (${id})`);
  });

  test('and the bill of materials names the same packages', async () => {
    const sbom = JSON.parse(await readFile(join(contents, 'dist/sbom.cdx.json'), 'utf8'));
    const list: LicenceList = JSON.parse(await readFile(join(contents, 'dist/renderer/licences.json'), 'utf8'));
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 });
    const refs: string[] = sbom.components.map((each: { 'bom-ref': string }) => each['bom-ref']);
    expect(new Set(refs).size).toBe(list.packages.length);
    expect(refs).toContain(sbom.components.find((each: { name: string }) => each.name === 'hono').purl);
    expect(isAllowed('MIT')).toBe(true);
  });
});

describe('what was packed runs', () => {
  test('as a server under plain Node, which answers and ends in order on SIGTERM', async () => {
    const data = join(work, 'data');
    const main = join(contents, 'dist/main/agentrail.js');
    const child = spawn('node', [main, 'serve', '--data-dir', data], { cwd: work, env, stdio: 'pipe' });
    children.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
    await expect.poll(() => output, { timeout: 20_000 }).toMatch(/^Server: +http/m);
    const address = /^Server: +(http:\S+[^,\s])/m.exec(output)?.[1];
    expect(await (await fetch(`${address}/health`)).json()).toMatchObject({ status: 'ok' });
    child.kill('SIGTERM');
    const [code, signal] = await once(child, 'exit');
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    await expect(readFile(join(data, 'lock'))).rejects.toThrow('ENOENT');
  });

  test('as a desktop program, in the stand-in or on Electron, with its window', async () => {
    // Electron itself reads the archive; the stand-in is plain Node, which reads its files.
    await cp(contents, join(work, 'run'), { recursive: true });
    const { overrideDir } = desktopRuntime();
    // Read by Electron's package when Playwright asks it where the program is.
    if (overrideDir !== undefined) vi.stubEnv('ELECTRON_OVERRIDE_DIST_PATH', overrideDir);
    let desktop: ElectronApplication | undefined;
    try {
      desktop = await _electron.launch({
        args: [join(work, 'run'), '--data-dir', join(work, 'desktop-data'), '--port', '0'],
        cwd: work,
        env: { ...(env as Record<string, string>), ...(overrideDir && { ELECTRON_OVERRIDE_DIST_PATH: overrideDir }) },
      });
      const view = await desktop.firstWindow();
      await view.getByRole('navigation', { name: 'Main' }).waitFor();
      expect(await view.title()).toContain('Agentrail');
      const list = await view.evaluate(async () => (await fetch('/licences.json')).json());
      expect(list.packages.length).toBeGreaterThan(100);
    } finally {
      await desktop?.close();
      vi.unstubAllEnvs();
    }
  });
});

describe('the package for Debian', () => {
  let control: string;
  let installed: string;

  beforeAll(async () => {
    // electron-builder would fetch fpm; in its place is what dpkg itself makes of the same arguments.
    const bin = join(work, 'bin');
    await mkdir(bin);
    await cp(join(root, 'scripts/packaging/fake-fpm.mjs'), join(bin, 'fpm'));
    const out = join(work, 'deb');
    await exec(
      join(root, 'node_modules/.bin/electron-builder'),
      ['--linux', 'deb', '-p', 'never', '--prepackaged', unpacked, `-c.directories.output=${out}`],
      {
        cwd: root,
        env: {
          ...process.env,
          PATH: `${bin}:${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
          ...{ USE_SYSTEM_FPM: 'true', FAKE_FPM_DIR: work },
        },
      },
    );
    const deb = join(out, (await readdir(out)).find((name) => name.endsWith('.deb')) ?? 'none.deb');
    control = (await exec('dpkg-deb', ['--field', deb])).stdout;
    installed = join(work, 'installed');
    await exec('dpkg-deb', ['--raw-extract', deb, installed]);
  });

  test('says what it is, what it needs and where it comes from', () => {
    expect(control).toMatch(/^Package: agentrail-console$/m);
    expect(control).toMatch(/^Maintainer: .+ <.+@.+>$/m);
    expect(control).toMatch(/^Homepage: https:/m);
    expect(control).toMatch(/^Depends: .*libgtk-3-0.*libnss3/m);
    expect(control).toMatch(/^Description: Console for an embedded Agentrail agent server/m);
  });

  test('has an entry in menus that opens links, and belongs to the window that the program opens', async () => {
    const entry = await readFile(join(installed, 'usr/share/applications/agentrail-console.desktop'), 'utf8');
    expect(entry).toContain('Exec="/opt/Agentrail Console/agentrail-console" %U\n');
    expect(entry).toContain('MimeType=x-scheme-handler/agentrail;\n');
    expect(entry).toContain('Icon=agentrail-console\n');
    const { desktopName } = JSON.parse(await readFile(join(contents, 'package.json'), 'utf8'));
    expect(desktopName).toBe('agentrail-console.desktop');
    expect(entry).toContain('StartupWMClass=agentrail-console\n');
    const icons = await readdir(join(installed, 'usr/share/icons/hicolor'));
    for (const size of ['16x16', '32x32', '48x48', '128x128', '256x256', '512x512']) {
      expect(icons).toContain(size);
      const icon = await readFile(join(installed, `usr/share/icons/hicolor/${size}/apps/agentrail-console.png`));
      expect(`${icon.readUInt32BE(16)}x${icon.readUInt32BE(20)}`).toBe(size);
    }
  });

  test('brings the program with its sandbox helper, and scripts that a shell can read', async () => {
    const place = join(installed, 'opt/Agentrail Console');
    expect((await readFile(asar)).equals(await readFile(join(place, 'resources/app.asar')))).toBe(true);
    expect((await stat(join(place, program))).mode & 0o777).toBe(0o755);
    expect(await readdir(place)).toContain('chrome-sandbox');
    expect(await readFile(join(place, 'resources/apparmor-profile'), 'utf8')).toContain(`${program}`);
    for (const script of ['postinst', 'postrm']) await exec('bash', ['-n', join(installed, 'DEBIAN', script)]);
    // The data directory is the person's: no script knows of it.
    const removal = await readFile(join(installed, 'DEBIAN/postrm'), 'utf8');
    expect(removal).not.toMatch(/\.agentrail|HOME|rm -r/);
  });
});

async function filesOf(dir: string): Promise<string[]> {
  const found = await readdir(dir, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(dir.length + 1));
}
