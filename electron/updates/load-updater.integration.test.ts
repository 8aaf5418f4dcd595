import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeHttpExecutor } from 'builder-util';
import { AppImageUpdater, type AppUpdater } from 'electron-updater';
import { ElectronHttpExecutor } from 'electron-updater/out/electronHttpExecutor.js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { wrapUpdater } from './load-updater.ts';
import { problemOf } from './update-problems.ts';

/**
 * The real electron-updater against a feed on this machine, as `electron-builder` writes it. Of Electron it needs its
 * network and its `app`: here Node's network and an object of the same shape take their places.
 */
const artifact = randomBytes(600_000);
const fileName = 'agentrail-console-2.0.0.AppImage';
let work: string;
let server: Server;
let feed: string;
let answers: Record<string, string | Buffer>;
let asked: { path: string; headers: IncomingHttpHeaders }[];

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'agentrail-updates-'));
  asked = [];
  // Set by the AppImage that runs: the file that an update replaces.
  vi.stubEnv('APPIMAGE', join(work, 'running.AppImage'));
  await writeFile(join(work, 'running.AppImage'), '');
  answers = { 'latest-linux.yml': feedOf('2.0.0', artifact), [fileName]: artifact };
  server = createServer(({ url = '', headers }, response) => {
    const path = new URL(url, 'http://feed').pathname.slice(1);
    asked.push({ path, headers });
    const answer = answers[path];
    if (answer === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'Content-Length': Buffer.byteLength(answer) }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  feed = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(work, { recursive: true, force: true });
});

function feedOf(version: string, file: Buffer): string {
  const sha512 = createHash('sha512').update(file).digest('base64');
  const files = `files:\n  - url: ${fileName}\n    sha512: ${sha512}\n    size: ${file.length}\n`;
  return `version: ${version}\n${files}path: ${fileName}\nsha512: ${sha512}\nreleaseNotes: Faster.\nreleaseDate: '2026-01-02T00:00:00.000Z'\n`;
}

async function updater() {
  const config = join(work, 'app-update.yml');
  await writeFile(config, `provider: generic\nurl: ${feed}\nupdaterCacheDirName: cache\n`);
  const app = {
    ...{ version: '1.0.0', name: 'agentrail-console', isPackaged: true, appUpdateConfigPath: config },
    ...{ userDataPath: work, baseCachePath: work, whenReady: async () => undefined },
    ...{ relaunch: () => undefined, quit: () => undefined, onQuit: () => undefined },
  };
  const made = new AppImageUpdater(null, app);
  // Only a program that runs as an AppImage may replace one.
  const { download } = ElectronHttpExecutor.prototype;
  const httpExecutor = Object.assign(new NodeHttpExecutor(), { download });
  Object.assign(made, { httpExecutor, isUpdaterActive: () => true });
  (made as AppUpdater).disableDifferentialDownload = true;
  return wrapUpdater(made);
}

const never = new AbortController().signal;

test('a newer version is found with its notes, fetched with true progress and checked; nothing is fetched before', async () => {
  const wrapped = await updater();
  expect(await wrapped.check()).toEqual({
    ...{ version: '2.0.0', notes: 'Faster.', releasedAt: Date.UTC(2026, 0, 2) },
  });
  expect(asked.map(({ path }) => path)).toEqual(['latest-linux.yml']);
  const seen: [number, number][] = [];
  await wrapped.download((received, total) => seen.push([received, total]), never);
  expect(seen.at(-1)).toEqual([artifact.length, artifact.length]);
});

test('the one that runs is the newest', async () => {
  answers['latest-linux.yml'] = feedOf('1.0.0', artifact);
  expect(await (await updater()).check()).toBeUndefined();
});

test('an older version is never offered', async () => {
  answers['latest-linux.yml'] = feedOf('0.9.0', artifact);
  expect(await (await updater()).check()).toBeUndefined();
});

test('no id of this machine is sent', async () => {
  await (await updater()).check();
  expect(asked[0]?.headers['x-user-staging-id'] ?? '').toBe('');
});

test('a file that is not the announced one is refused', async () => {
  answers[fileName] = randomBytes(artifact.length);
  const wrapped = await updater();
  await wrapped.check();
  const fault = await wrapped.download(() => undefined, never).catch((error: unknown) => error);
  expect(problemOf('download', fault)).toMatchObject({ code: 'not_genuine' });
});

test('a cancelled download ends', async () => {
  const wrapped = await updater();
  await wrapped.check();
  await expect(wrapped.download(() => undefined, AbortSignal.abort(new Error('Enough.')))).rejects.toThrow('Enough.');
});

test.each([
  ['an address without a feed', () => delete answers['latest-linux.yml'], 'nothing_there'],
  ['a feed that is no feed', () => Object.assign(answers, { 'latest-linux.yml': '<html>' }), 'not_understood'],
  ['a host that is gone', () => void server.close(), 'unreachable'],
])('%s is told apart', async (_what, spoil, code) => {
  const wrapped = await updater();
  spoil();
  server.closeAllConnections();
  const fault = await wrapped.check().catch((error: unknown) => error);
  expect(problemOf('check', fault)).toMatchObject({ code });
});
