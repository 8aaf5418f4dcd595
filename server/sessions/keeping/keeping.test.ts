import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SessionKey } from '../../contract/ids.ts';
import type { KeepingProgress } from '../../contract/keeping.ts';
import { AppError } from '../../lib/app-error.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { assistantMessage, turnOf, userMessage } from '../conformance.ts';
import { createFileSessionStore } from '../file-store.ts';
import type { AgentrailSessionStore } from '../store.ts';
import { createKeeping, type Keeping } from './keeping.ts';

const canary = 'canary-7f3e9b2c-of-ann';

interface Place {
  dataDir: string;
  store: AgentrailSessionStore;
  keeping: Keeping;
  busy: Set<string>;
  ended: string[];
  close(): Promise<void>;
}

async function openPlace(): Promise<Place> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'keeping-'));
  const store = createFileSessionStore({ dataDir, logger: silentLogger, clock: systemClock, fsync: 'none' });
  const busy = new Set<string>();
  const ended: string[] = [];
  const keeping = createKeeping({
    ...{ dataDir, sessions: store, clock: systemClock, logger: silentLogger },
    hasRun: ({ sessionId }) => busy.has(sessionId),
    async hold({ sessionId }, ends) {
      if (busy.has(sessionId) && ends === undefined) throw new AppError('session_busy', 'busy', { status: 409 });
      if (busy.delete(sessionId)) ended.push(sessionId);
      return () => undefined;
    },
    freeSandbox: async () => undefined,
  });
  return {
    ...{ dataDir, store, keeping, busy, ended },
    async close() {
      await store.close();
      await rm(dataDir, { recursive: true });
    },
  };
}

const keyOf = (userId: string, sessionId: string, tenantId = 'acme'): SessionKey => ({ tenantId, userId, sessionId });

/** A session with every kind of file that one may have. */
async function makeSession({ dataDir, store }: Place, key: SessionKey, words: string): Promise<void> {
  await store.getOrCreate(key, { agentId: 'default', title: `About ${words}` });
  await store.appendMessages(key, [userMessage(`Is ${words} there?`), assistantMessage(`Yes, ${words}.`)]);
  await store.appendMessages(key, [userMessage(`More of ${words}`), assistantMessage('Fine.')]);
  await store.recordTurn(key, turnOf());
  await store.compact(key, { messageCount: 2, summary: `It was about ${words}.` });
  await store.writeMemory(key, 'NOTES.md', `Remember ${words}`);
  await store.writeArtifact(key, 'call_1', `Result with ${words}`);
  store.trace(key, 'run_1', { type: 'error', error: { message: words, code: 'x' } });
  // Traces are not waited for.
  await expect.poll(async () => (await store.readTrace(key, { limit: 5 })).events.length).toBe(1);
  const workspace = path.join(dataDir, 'sandboxes', key.tenantId, key.sessionId);
  await mkdir(workspace, { recursive: true });
  await writeFile(path.join(workspace, 'notes.txt'), words);
  const uploads = path.join(dataDir, 'tenants', key.tenantId, 'sessions', key.sessionId, 'uploads');
  await mkdir(uploads, { recursive: true });
  await writeFile(path.join(uploads, 'photo.txt'), words);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** Files in the data directory that hold the words, as bytes. */
async function whereIs(dataDir: string, words: string): Promise<string[]> {
  const found: string[] = [];
  for (const file of await filesBelow(dataDir)) {
    const bytes = await readFile(file).catch(() => Buffer.alloc(0));
    if (bytes.includes(words) || file.includes(words)) found.push(path.relative(dataDir, file));
  }
  return found;
}

/** What a tenant's folder holds, but its index. */
async function contentOf(dataDir: string, tenantId: string): Promise<Record<string, string>> {
  const root = path.join(dataDir, 'tenants', tenantId);
  const files = (await filesBelow(root)).filter((file) => !path.basename(file).startsWith('index'));
  const contents = files.map(async (file) => [path.relative(root, file), (await readFile(file)).toString('base64')]);
  return Object.fromEntries(await Promise.all(contents));
}

describe('what is kept', () => {
  let here: Place;

  beforeEach(async () => {
    here = await openPlace();
    await makeSession(here, keyOf('ann', 'ses_ann'), canary);
    await makeSession(here, keyOf('bob', 'ses_bob'), 'docks');
    // Until everything of the histories is searchable, so that deleting has something to take out of the index.
    await expect.poll(async () => (await here.store.list({ limit: 5, text: canary })).sessions.length).toBe(1);
  });
  afterEach(() => here.close());

  it('goes with its session, and nothing of it is left on the disk', async () => {
    expect((await whereIs(here.dataDir, canary)).length).toBeGreaterThan(6);
    const freed = await here.keeping.removeSession(keyOf('ann', 'ses_ann'));
    expect(freed).toBeGreaterThan(canary.length * 6);
    await expect.poll(() => whereIs(here.dataDir, canary), { timeout: 5000 }).toEqual([]);
    expect((await here.store.list({ limit: 5, text: 'docks' })).sessions).toHaveLength(1);
    expect(await whereIs(here.dataDir, 'docks')).not.toEqual([]);
  });

  it('stays while a run is in it or for whom it does not belong to', async () => {
    here.busy.add('ses_ann');
    await expect(here.keeping.removeSession(keyOf('ann', 'ses_ann'))).rejects.toMatchObject({ code: 'session_busy' });
    await expect(here.keeping.removeSession(keyOf('bob', 'ses_ann'))).rejects.toMatchObject({
      code: 'session_not_found',
    });
    expect(await here.store.get(keyOf('ann', 'ses_ann'))).toMatchObject({ sessionId: 'ses_ann' });
  });

  it('of one user goes whole, runs ended, and the other users keep theirs', async () => {
    await mkdir(path.join(here.dataDir, 'tenants/acme/users/ann'), { recursive: true });
    await writeFile(path.join(here.dataDir, 'tenants/acme/users/ann/USER.md'), `likes ${canary}`);
    here.busy.add('ses_ann');
    const scope = { tenantId: 'acme', userId: 'ann' };
    expect(await here.keeping.erasure.preview(scope)).toMatchObject({ ...scope, sessions: 1 });
    const steps: KeepingProgress[] = [];
    const report = await here.keeping.erasure.apply(scope, { onProgress: (step) => steps.push(step) });
    expect(report).toMatchObject({ ...scope, deleted: 1, freedBytes: expect.any(Number) });
    expect(steps).toMatchObject([{ done: 1, total: 1, unit: 'sessions' }]);
    expect(here.ended).toEqual(['ses_ann']);
    expect(await whereIs(here.dataDir, canary)).toEqual([]);
    expect((await here.store.list({ tenantId: 'acme', limit: 5, text: 'docks' })).sessions).toHaveLength(1);
    expect(await here.keeping.erasure.preview(scope)).toMatchObject({ sessions: 0 });
  });

  it('of one tenant goes with its folder, and the tenant can begin anew', async () => {
    await makeSession(here, keyOf('ann', 'ses_1', 'other'), 'elsewhere');
    await here.keeping.erasure.apply({ tenantId: 'acme' });
    expect(await readdir(path.join(here.dataDir, 'tenants'))).toEqual(['other']);
    expect(await whereIs(here.dataDir, canary)).toEqual([]);
    expect(await whereIs(here.dataDir, 'docks')).toEqual([]);
    await makeSession(here, keyOf('eve', 'ses_ann'), 'anew');
    expect((await here.store.list({ tenantId: 'acme', limit: 5, text: 'anew' })).sessions).toHaveLength(1);
    await expect(here.keeping.erasure.preview({ tenantId: '../x' })).rejects.toMatchObject({ code: 'invalid_id' });
  });

  it('is counted by tenant and all together, without looking at the files', async () => {
    await makeSession(here, keyOf('ann', 'ses_1', 'other'), 'elsewhere');
    const { tenants, sessions, sizeBytes } = await here.keeping.sizes();
    expect(sessions).toBe(3);
    expect(tenants.map(({ tenantId }) => tenantId)).toEqual(['acme', 'other']);
    expect(tenants.reduce((sum, tenant) => sum + tenant.sizeBytes, 0)).toBe(sizeBytes);
  });
});

describe('a tenant between two data directories', () => {
  let here: Place;
  let there: Place;
  const pack = async (place: Place, tenantId = 'acme') => buffer(await place.keeping.exportTenant(tenantId));
  const unpack = (place: Place, archive: Buffer, options = {}) =>
    place.keeping.importTenant(Readable.from([archive]), options);

  beforeEach(async () => {
    here = await openPlace();
    there = await openPlace();
    await makeSession(here, keyOf('ann', 'ses_1'), 'first words');
    await makeSession(here, keyOf('bob', 'ses_2'), 'second words');
  });
  afterEach(async () => {
    await here.close();
    await there.close();
  });

  it('arrives byte by byte, is listed and searched there at once, and comes back the same', async () => {
    const before = await contentOf(here.dataDir, 'acme');
    const steps: KeepingProgress[] = [];
    const archive = await buffer(await here.keeping.exportTenant('acme', (step) => steps.push(step)));
    const last = steps.at(-1);
    expect(last?.type === 'step' && last.done === last.total).toBe(true);
    const report = await unpack(there, archive);
    expect(report).toMatchObject({ tenantId: 'acme', added: 2, replaced: 0, skipped: 0 });
    expect(await contentOf(there.dataDir, 'acme')).toEqual(before);
    expect((await there.store.list({ limit: 5, text: 'second' })).sessions).toHaveLength(1);
    expect((await there.store.loadAllMessages(keyOf('ann', 'ses_1'))).messages).toHaveLength(4);
    await here.keeping.erasure.apply({ tenantId: 'acme' });
    await unpack(here, await pack(there));
    expect(await contentOf(here.dataDir, 'acme')).toEqual(before);
  });

  it('never overwrites a session unless told, and then whole ones only', async () => {
    const archive = await pack(here);
    await makeSession(there, keyOf('ann', 'ses_1'), 'words of there');
    const own = await contentOf(there.dataDir, 'acme');
    await expect(unpack(there, archive)).rejects.toMatchObject({ code: 'tenant_exists', status: 409 });
    expect(await contentOf(there.dataDir, 'acme')).toEqual(own);

    expect(await unpack(there, archive, { merge: 'skip' })).toMatchObject({ added: 1, replaced: 0, skipped: 1 });
    expect(await contentOf(there.dataDir, 'acme')).toMatchObject(own);
    there.busy.add('ses_1');
    expect(await unpack(there, archive, { merge: 'replace' })).toMatchObject({ replaced: 1, skipped: 1 });
    expect((await there.store.list({ limit: 5, text: 'there' })).sessions).not.toEqual([]);

    there.busy.clear();
    expect(await unpack(there, archive, { merge: 'replace' })).toMatchObject({ added: 0, replaced: 2, skipped: 0 });
    expect(await contentOf(there.dataDir, 'acme')).toEqual(await contentOf(here.dataDir, 'acme'));
    expect((await there.store.list({ limit: 5, text: 'first words' })).sessions).toHaveLength(1);
    // What commands made there is not part of an archive, so it stays.
    expect(await stat(path.join(there.dataDir, 'sandboxes/acme/ses_1/notes.txt'))).toBeTruthy();
  });

  it('leaves nothing behind when it is aborted or the archive is cut', async () => {
    const archive = await pack(here);
    await expect(unpack(there, archive, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    for (const cut of [10, archive.length >> 1, archive.length - 1]) {
      await expect(unpack(there, archive.subarray(0, cut))).rejects.toMatchObject({ code: 'import_damaged' });
    }
    const broken = Buffer.from(archive);
    broken.writeUInt8(broken.readUInt8(archive.length >> 1) ^ 0xff, archive.length >> 1);
    await expect(unpack(there, broken)).rejects.toMatchObject({ code: 'import_damaged' });
    expect(await readdir(path.join(there.dataDir, 'tenants'))).toEqual([]);
    expect(await unpack(there, gunzipSync(archive))).toMatchObject({ added: 2 });
  });

  it('is bounded by what it unpacks to, and clears away what a killed import left', async () => {
    for (const [name, days] of [
      ['old', 2],
      ['new', 0],
    ] as const) {
      const staged = path.join(there.dataDir, 'tenants', `.import-${name}`);
      await mkdir(staged, { recursive: true });
      const at = new Date(Date.now() - days * 86_400_000);
      await utimes(staged, at, at);
    }
    await expect(unpack(there, await pack(here), { maxBytes: 500 })).rejects.toMatchObject({
      code: 'import_too_large',
    });
    expect(await readdir(path.join(there.dataDir, 'tenants'))).toEqual(['.import-new']);
  });
});
