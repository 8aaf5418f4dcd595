import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { assistantMessage, everyShape, turnOf, userMessage } from '../conformance.ts';
import { createFileShelf } from '../file-shelf.ts';
import { createFileSessionStore } from '../file-store.ts';
import { createKeeping } from '../keeping/keeping.ts';
import { moveSessions } from '../move-sessions.ts';
import { fingerprintOf } from '../session-files.ts';
import type { AgentrailSessionStore } from '../store.ts';
import { makePostgresCluster, type PostgresCluster } from './fixtures/postgres-cluster.ts';
import { createPostgresSessionStore, type PostgresSessionStore } from './postgres-store.ts';

let cluster: PostgresCluster;
let databases = 0;
let url: string;
let root: string;
let postgres: PostgresSessionStore;
const open: AgentrailSessionStore[] = [];
let now = 1_700_000_000_000;
const clock: Clock = { ...systemClock, now: () => now++ };

beforeAll(async () => {
  cluster = await makePostgresCluster();
});
afterAll(() => cluster.remove());
beforeEach(async () => {
  databases += 1;
  url = await cluster.database(`transfer_${databases}`);
  root = await mkdtemp(path.join(tmpdir(), 'transfer-'));
  for (const name of ['a', 'b', 'c']) await mkdir(path.join(root, name));
  postgres = createPostgresSessionStore({ url, clock, logger: silentLogger });
  open.push(postgres);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
  await rm(root, { recursive: true });
});

const dir = (name: string, ...parts: string[]) => path.join(root, name, ...parts);
const of = (sessionId: string, userId = 'ann') => ({ tenantId: 'acme', userId, sessionId });

function openFiles(name: string): AgentrailSessionStore {
  const store = createFileSessionStore({ dataDir: dir(name), clock, logger: silentLogger });
  open.push(store);
  return store;
}

function keepingOf(name: string, sessions: AgentrailSessionStore, busy = '') {
  return createKeeping({
    ...{ dataDir: dir(name), sessions, clock, logger: silentLogger },
    hasRun: async ({ sessionId }) => sessionId === busy,
    hold: async () => () => undefined,
    freeSandbox: async () => undefined,
  });
}

/** Every kind of thing that a session holds, compacted twice. */
async function fill(store: AgentrailSessionStore, sessionId: string): Promise<void> {
  const key = of(sessionId);
  await store.getOrCreate(key, { agentId: 'default', title: `First words of ${sessionId}` });
  await store.appendMessages(key, [...everyShape, userMessage('数据库 before')]);
  await store.recordTurn(key, turnOf({ inputTokens: 3, outputTokens: 4, totalTokens: 7, cost: 0.1 }));
  await store.compact(key, { messageCount: 4, summary: 'what was first' });
  await store.appendMessages(key, [userMessage('second \u0000 part'), assistantMessage('done')]);
  await store.compact(key, { messageCount: 2, summary: 'what was then' });
  await store.appendMessages(key, [userMessage('last words')]);
  await store.update(key, { title: 'Renamed ü' });
  await store.recordTurn(key, turnOf({ inputTokens: 1, totalTokens: 1, cost: 0.2 }, 2));
  await store.writeMemory(key, 'NOTES.md', '# notes');
  await store.writeArtifact(key, 'call:1/odd', 'kept result');
  store.trace(key, 'run_1', { type: 'turn.start', turn: 1 });
  await store.readTrace(key, { limit: 1 });
}

/** What other programs and accidents leave in a session's folder. */
async function damage(folder: string): Promise<void> {
  const messages = path.join(folder, 'messages.jsonl');
  const lines = [Buffer.from('\n{"role":"alien"}\n#base64 x\n'), Buffer.from([0xff, 0xfe, 0x0a]), Buffer.from('\0\0')];
  const more = [`${JSON.stringify(userMessage('behind zeros'))}\n`, '{"role":"user","cont'].map((text) =>
    Buffer.from(text),
  );
  await writeFile(messages, Buffer.concat([await readFile(messages), ...lines, ...more]));
  await mkdir(path.join(folder, 'subagent-logs'));
  await writeFile(path.join(folder, 'subagent-logs/one.jsonl'), 'a log\n');
  await writeFile(path.join(folder, 'messages.compactions/0007.jsonl'), `${JSON.stringify(userMessage('lost'))}\n`);
  await mkdir(path.join(folder, 'uploads'), { recursive: true });
  await writeFile(path.join(folder, 'uploads/photo.png'), 'pixels');
}

/** Everything that people see of a session. */
async function sightOf(store: AgentrailSessionStore, sessionId: string) {
  const key = of(sessionId);
  const { sizeBytes: _, ...row } = await store.get(key);
  return {
    row,
    messages: await store.loadMessages(key),
    history: await store.loadHistory(key),
    all: await store.loadAllMessages(key),
    archive: await store.loadArchive(key, '0001'),
    budgeted: await store.loadMessagesWithBudget(key, 30),
    notes: await store.readMemory(key, 'NOTES.md'),
    artifact: await store.readArtifact(key, 'call:1/odd'),
    trace: (await store.readTrace(key, { limit: 10 })).events,
    found: (await store.list({ tenantId: 'acme', limit: 5, text: '数据库 before' })).sessions.map((each) => each.hits),
  };
}

async function archiveOf(name: string, store: AgentrailSessionStore): Promise<Buffer> {
  return buffer(await keepingOf(name, store).exportTenant('acme'));
}

describe('an archive of a tenant', () => {
  it('goes from files to Postgres and back, the same in every line of every file', async () => {
    const files = openFiles('a');
    await fill(files, 'ses_1');
    await files.close();
    const session = dir('a', 'tenants/acme/sessions/ses_1');
    await damage(session);
    await mkdir(dir('a', 'tenants/acme/users/ann'), { recursive: true });
    await writeFile(dir('a', 'tenants/acme/users/ann/USER.md'), 'likes tea');
    const before = openFiles('a');
    const archive = await archiveOf('a', before);
    const report = await keepingOf('b', postgres).importTenant(Readable.from([archive]));
    expect(report).toMatchObject({ tenantId: 'acme', added: 2, replaced: 0, skipped: 0 });
    expect(await sightOf(postgres, 'ses_1')).toEqual(await sightOf(before, 'ses_1'));
    expect(await readFile(dir('b', 'tenants/acme/sessions/ses_1/uploads/photo.png'), 'utf8')).toBe('pixels');

    const back = await archiveOf('b', postgres);
    expect(await readdir(dir('b', 'tenants'))).toEqual(['acme']);
    await keepingOf('c', openFiles('c')).importTenant(Readable.from([back]));
    expect(await fingerprintOf(dir('c', 'tenants/acme/sessions/ses_1'))).toBe(await fingerprintOf(session));
    for (const name of ['messages.compactions/0001.jsonl', 'messages.compactions/0002.jsonl', 'session.jsonl'])
      expect(await readFile(dir('c', 'tenants/acme/sessions/ses_1', name))).toEqual(
        await readFile(path.join(session, name)),
      );
    expect(await readFile(dir('c', 'tenants/acme/sessions/ses_1/uploads/photo.png'), 'utf8')).toBe('pixels');
    expect(await readFile(dir('c', 'tenants/acme/users/ann/USER.md'), 'utf8')).toBe('likes tea');
  });

  it('made of a database opens as files, and what came from files goes on in the database', async () => {
    await fill(postgres, 'ses_1');
    await keepingOf('a', openFiles('a')).importTenant(Readable.from([await archiveOf('b', postgres)]));
    const files = openFiles('a');
    expect(await sightOf(files, 'ses_1')).toEqual(await sightOf(postgres, 'ses_1'));

    await keepingOf('b', postgres).importTenant(Readable.from([await archiveOf('a', files)]), { merge: 'replace' });
    await postgres.appendMessages(of('ses_1'), [userMessage('and on')]);
    await postgres.update(of('ses_1'), { title: 'Again' });
    const { archiveId } = await postgres.compact(of('ses_1'), { messageCount: 2, summary: 'third' });
    expect(archiveId).toBe('0003');
    await keepingOf('c', openFiles('c')).importTenant(Readable.from([await archiveOf('b', postgres)]));
    const [there, here] = [await sightOf(openFiles('c'), 'ses_1'), await sightOf(postgres, 'ses_1')];
    expect(there).toEqual(here);
    expect(there.row.title).toBe('Again');
    expect(there.all.messages.at(-1)).toEqual(userMessage('and on'));
  });

  it('never meets what is there but as it was told, and changes nothing when it is damaged', async () => {
    const files = openFiles('a');
    for (const id of ['ses_1', 'ses_2', 'ses_3']) await fill(files, id);
    const archive = await archiveOf('a', files);
    await postgres.getOrCreate(of('ses_1'), { agentId: 'default', title: 'Mine' });
    const keeping = keepingOf('b', postgres);
    const take = (bytes: Buffer, options = {}) => keeping.importTenant(Readable.from([bytes]), options);
    await expect(take(archive)).rejects.toMatchObject({ code: 'tenant_exists' });
    await expect(take(archive.subarray(0, archive.length - 20), { merge: 'skip' })).rejects.toMatchObject({
      code: 'import_damaged',
    });
    expect((await postgres.totals('acme')).sessions).toBe(1);
    expect(await take(archive, { merge: 'skip' })).toMatchObject({ added: 2, skipped: 1 });
    expect((await postgres.get(of('ses_1'))).title).toBe('Mine');
    expect(await take(archive, { merge: 'replace' })).toMatchObject({ added: 0, replaced: 3 });
    expect((await postgres.get(of('ses_1'))).title).toBe('Renamed ü');
  });
});

describe('the totals', () => {
  it('are what the sessions add up to, whatever happened to them, and go with the last one', async () => {
    for (const id of ['ses_1', 'ses_2', 'ses_3']) await fill(postgres, id);
    await postgres.fork(of('ses_1'), { sessionId: 'ses_4' });
    await postgres.delete(of('ses_2'));
    await postgres.addFiles?.(of('ses_3'), async () => 1000);
    const rows = (await postgres.list({ tenantId: 'acme', limit: 50 })).sessions;
    const sum = (value: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + value(row), 0);
    const totals = await postgres.totals('acme');
    expect(totals).toEqual({
      sessions: 3,
      turns: sum(({ turns }) => turns),
      sizeBytes: sum(({ sizeBytes = 0 }) => sizeBytes),
      totalTokens: sum(({ usage }) => usage.totalTokens),
      cost: expect.closeTo(
        sum(({ usage }) => usage.cost),
        9,
      ),
    });
    await postgres.getOrCreate({ ...of('ses_9'), tenantId: 'zoo' }, { agentId: 'default', title: 'x' });
    expect((await keepingOf('a', postgres).sizes()).tenants).toMatchObject([
      { tenantId: 'acme', ...totals },
      { tenantId: 'zoo', sessions: 1 },
    ]);
    for (const { sessionId } of rows) await postgres.delete(of(sessionId));
    expect(await postgres.allTotals?.()).toMatchObject([{ tenantId: 'zoo' }]);
  });

  it('are counted of the sessions that were there before there were totals', async () => {
    await fill(postgres, 'ses_1');
    const counted = await postgres.totals('acme');
    await cluster.sql(
      `DROP TABLE agentrail.totals, agentrail.instances; DROP FUNCTION agentrail.count_session CASCADE;
        ALTER TABLE agentrail.documents DROP CONSTRAINT documents_kind_check;
        ALTER TABLE agentrail.documents ADD CONSTRAINT documents_kind_check CHECK (kind IN ('memory', 'artifact'));
        DELETE FROM agentrail.migrations WHERE version = 2`,
      url,
    );
    const later = createPostgresSessionStore({ url, clock, logger: silentLogger });
    open.push(later);
    expect(await later.totals('acme')).toEqual(counted);
  });
});

describe('keeping', () => {
  it('lets the oldest go by size and by age, never one with a run', async () => {
    for (const id of ['ses_1', 'ses_2', 'ses_3']) await fill(postgres, id);
    const size = (await postgres.totals('acme')).sizeBytes;
    const { retention } = keepingOf('a', postgres, 'ses_1');
    const plan = await retention.preview({ maxTotalBytes: Math.ceil((size * 2) / 3) + 10 });
    expect(plan.sessions.map(({ sessionId }) => sessionId)).toEqual(['ses_2']);
    expect(await retention.apply(plan)).toMatchObject({ deleted: 1, kept: 0, failed: 0 });
    now += 3 * 86_400_000;
    const old = await retention.preview({ maxAgeDays: 2 });
    expect(old).toMatchObject({ keptWithRun: 1, sessions: [{ sessionId: 'ses_3', reason: 'age' }] });
  });

  it('erases a user and a tenant without residue, uploads included', async () => {
    const onDeleted = async ({ tenantId, sessionId }: { tenantId: string; sessionId: string }) =>
      rm(dir('a', 'tenants', tenantId, 'sessions', sessionId), { recursive: true, force: true });
    const store = createPostgresSessionStore({ url, clock, logger: silentLogger, onDeleted });
    open.push(store);
    for (const id of ['ses_1', 'ses_2']) await fill(store, id);
    await store.getOrCreate(of('ses_3', 'bob'), { agentId: 'default', title: 'of bob' });
    await mkdir(dir('a', 'tenants/acme/sessions/ses_1/uploads'), { recursive: true });
    const { erasure } = keepingOf('a', store);
    expect(await erasure.apply({ tenantId: 'acme', userId: 'ann' })).toMatchObject({ deleted: 2 });
    expect((await store.list({ tenantId: 'acme', limit: 5 })).sessions).toMatchObject([{ userId: 'bob' }]);
    expect(await readdir(dir('a', 'tenants/acme/sessions'))).toEqual([]);
    expect(await erasure.apply({ tenantId: 'acme' })).toMatchObject({ deleted: 1 });
    for (const table of ['sessions', 'messages', 'texts', 'turns', 'documents', 'traces', 'archives', 'totals'])
      expect([table, await cluster.sql(`SELECT * FROM agentrail.${table}`, url)]).toEqual([table, []]);
    const [dead] = await cluster.sql(
      `SELECT sum(n_dead_tup)::integer AS dead FROM pg_stat_user_tables WHERE relname = 'messages'`,
      url,
    );
    expect(dead).toEqual({ dead: 0 });
  });
});

describe('moving', () => {
  const move = (to: 'database' | 'files', options: { dropsMoved?: boolean; signal?: AbortSignal } = {}) => {
    const [files, database] = [createFileShelf(dir('a')), postgres.shelf ?? createFileShelf('')];
    const [from, into] = to === 'database' ? [files, database] : [database, files];
    return moveSessions({ from, to: into, tenants: ['acme'], staging: dir('b', 'staging'), ...options });
  };

  it('copies what is missing, proves it, goes on where it was broken off, and overwrites nothing', async () => {
    const files = openFiles('a');
    for (const id of ['ses_1', 'ses_2', 'ses_3', 'ses_4']) await fill(files, id);
    const sight = await sightOf(files, 'ses_1');
    await files.close();
    await damage(dir('a', 'tenants/acme/sessions/ses_2'));
    await mkdir(dir('a', 'tenants/acme/sessions/no-session'));
    await writeFile(dir('a', 'tenants/acme/sessions/no-session/messages.jsonl'), '{"role":"user"}\n');
    await postgres.getOrCreate(of('ses_4'), { agentId: 'default', title: 'Another one' });

    const breaking = new AbortController();
    const steps: unknown[] = [];
    const from = createFileShelf(dir('a'));
    const broken = moveSessions({
      ...{ from, to: postgres.shelf ?? from, tenants: ['acme'], staging: dir('b', 'staging'), signal: breaking.signal },
      onProgress(step) {
        steps.push(step);
        if (steps.length === 2) breaking.abort(new Error('stopped by hand'));
      },
    });
    await expect(broken).rejects.toThrow('stopped by hand');
    expect(steps.at(-1)).toMatchObject({ done: 2, total: 5, unit: 'sessions' });
    expect(await move('database')).toMatchObject({
      ...{ moved: 2, same: 1, dropped: 0, different: ['acme/ses_4'] },
      left: [{ place: 'acme/no-session', reason: expect.stringContaining('does not say whose') }],
    });
    expect(await sightOf(postgres, 'ses_1')).toEqual({ ...sight, found: expect.anything() });
    expect((await postgres.get(of('ses_4'))).title).toBe('Another one');

    expect(await move('database', { dropsMoved: true })).toMatchObject({ moved: 0, same: 3, dropped: 3 });
    expect((await readdir(dir('a', 'tenants/acme/sessions'))).toSorted()).toEqual(['no-session', 'ses_2', 'ses_4']);
    expect(await readdir(dir('a', 'tenants/acme/sessions/ses_2'))).toEqual(['uploads']);
    expect(await readdir(dir('b'))).toEqual([]);
  });

  it('brings sessions of a database back into files, next to the uploads that stayed there', async () => {
    await fill(postgres, 'ses_1');
    await mkdir(dir('a', 'tenants/acme/sessions/ses_1/uploads'), { recursive: true });
    expect(await move('files', { dropsMoved: true })).toMatchObject({ moved: 1, dropped: 1 });
    const files = openFiles('a');
    expect((await files.loadAllMessages(of('ses_1'))).messages.at(-1)).toEqual(userMessage('last words'));
    await expect(postgres.get(of('ses_1'))).rejects.toMatchObject({ code: 'session_not_found' });
  });

  it('takes in what an Agentrail of before wrote, and leaves what names no owner', async () => {
    await cp(path.join(import.meta.dirname, '../fixtures/agentrail-data'), dir('a'), { recursive: true });
    const from = createFileShelf(dir('a'));
    const tenants = ['default'];
    const report = await moveSessions({ from, to: postgres.shelf ?? from, tenants, staging: dir('b', 'staging') });
    expect(report).toMatchObject({ moved: 2, different: [], left: [{ place: 'default/77aa-headless' }] });
    const files = openFiles('a');
    for (const row of (await postgres.list({ tenantId: 'default', limit: 9 })).sessions) {
      const { tenantId, userId, sessionId } = row;
      const key = { tenantId, userId, sessionId };
      expect(await postgres.loadMessages(key)).toEqual(await files.loadMessages(key));
      expect(await postgres.loadAllMessages(key)).toEqual(await files.loadAllMessages(key));
    }
  });
});
