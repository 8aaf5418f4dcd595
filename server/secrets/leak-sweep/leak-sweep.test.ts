import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { configSchema } from '../../contract/config.ts';
import type { LeakFinding, LeakSweepProgress } from '../../contract/leak-sweep.ts';
import { createBackups } from '../../data/backup/backups.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import type { Wanted } from './byte-matcher.ts';
import { createLeakSweep, type LeakSweepOptions } from './leak-sweep.ts';

const value = 'sk-canary-0123456789';
const old = 'sk-earlier-987654321';
const token = `art_${'aB3-_'.repeat(8)}xyz`;
const session = 'tenants/default/sessions/one';
let dataDir = '';
let values: Wanted[] = [];
const never = new AbortController().signal;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'leak-sweep-'));
  values = [
    { name: 'MY_KEY', value, isInForce: true },
    { name: 'MY_KEY', value: old, isInForce: false },
    { name: 'PIN', value: '1234', isInForce: true },
  ];
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const at = (file: string) => path.join(dataDir, file);
async function put(file: string, content: string | Buffer): Promise<void> {
  await mkdir(path.dirname(at(file)), { recursive: true });
  await writeFile(at(file), content);
}

function openBackups() {
  return createBackups({
    ...{ dataDir, version: '1.0.0', clock: systemClock, logger: silentLogger },
    tryStore: async () => ({ tenants: 0, sessions: 0, messages: 0 }),
    settings: () => configSchema.parse({}).backup,
  });
}

function open(change: Partial<LeakSweepOptions> = {}) {
  const backups = openBackups();
  const renewed: string[] = [];
  const sweep = createLeakSweep({
    ...{ dataDir, clock: systemClock, logger: silentLogger, values: () => values },
    configFiles: () => [at('agentrail.yaml')],
    archives: async () => Promise.all((await backups.list()).backups.map(({ name }) => backups.fileOf(name))),
    tokenName: (text) => (text === token ? 'CI' : undefined),
    async whileIdle(_tenantId, _sessionId, work) {
      await work();
      return true;
    },
    renewIndex: async (tenantId) => void renewed.push(tenantId),
    whileLogClosed: (work) => work(),
    ...change,
  });
  return { sweep, renewed, backups };
}

const where = ({ kind, place, inside, name, count }: LeakFinding) =>
  [kind, place, inside, name, count].filter((part) => part !== undefined).join(' ');
const encoded = Buffer.from(`xx${value}yy`).toString('base64');

async function fillEverything(): Promise<void> {
  await put('logs/agentrail-2026-01-01.1.ndjson', `{"msg":"fine"}\n{"msg":"key ${value}"}\n`);
  await put('logs/agentrail-2026-01-02.1.ndjson', `{"msg":"${encodeURIComponent(value)} ${value}"}\n`);
  await put(`${session}/session.jsonl`, '{"type":"init"}\n');
  await put(`${session}/messages.jsonl`, `{"text":"${encoded}"}\n{"text":"${old}"}\n{"text":"kept"}\n`);
  await put(`${session}/messages.compactions/0001.jsonl`, `{"text":"${value}"}\n`);
  await put(`${session}/tool-results/call_1.txt`, `a\n${value}\nb`);
  await put(`${session}/uploads/picture.png`, Buffer.from([0, 255, ...Buffer.from(value), 0]));
  await put('tenants/default/index.sqlite', Buffer.from(`SQLite\0${value}`));
  await put('sandboxes/default/one/.env', `K=${value}\n`);
  await put('agentrail.yaml', `key: ${value}\n`);
  await put('skills/mine/SKILL.md', `Use ${token}\n`);
  await put('vault.json', value);
}

describe('a search', () => {
  test('finds values in every kind of place, tells where, and never tells the value', async () => {
    await fillEverything();
    const { sweep, backups } = open({
      containers: async () => [
        { containerId: 'c1', name: 'agentrail-one', sessionId: 'one', texts: [{ inside: 'K', text: `K=${value}` }] },
      ],
    });
    await backups.create({ workspaces: false, secrets: false });
    const told: LeakSweepProgress[] = [];
    const report = await sweep.search((progress) => told.push(progress), never);
    const [archive] = (await backups.list()).backups;
    const inBackup = report.findings
      .filter(({ kind }) => kind === 'backup')
      .map(({ inside, place }) => [place, inside]);
    expect(report.findings.filter(({ kind }) => kind !== 'backup').map(where)).toEqual([
      'config agentrail.yaml MY_KEY 1',
      'log logs/agentrail-2026-01-01.1.ndjson MY_KEY 1',
      'log logs/agentrail-2026-01-02.1.ndjson MY_KEY 2',
      'workspace sandboxes/default/one/.env MY_KEY 1',
      'data skills/mine/SKILL.md CI 1',
      'index tenants/default/index.sqlite MY_KEY 1',
      `session ${session}/messages.compactions/0001.jsonl MY_KEY 1`,
      `session ${session}/messages.jsonl MY_KEY 2`,
      `session ${session}/tool-results/call_1.txt MY_KEY 1`,
      `session ${session}/uploads/picture.png MY_KEY 1`,
      'container agentrail-one K MY_KEY 1',
    ]);
    expect(inBackup).toContainEqual([`backups/${archive?.name}`, `${session}/messages.jsonl`]);
    expect(report).toMatchObject({ tooShort: ['PIN'], unreadCount: 0, moreFindings: 0 });
    const log = report.findings.find(({ place }) => place.endsWith('01.1.ndjson'));
    expect(log?.at).toEqual([{ line: 2, offset: 27, isPlain: true }]);
    expect(report.findings.find(({ place }) => place.endsWith('messages.jsonl'))).toMatchObject({
      ...{ tenantId: 'default', sessionId: 'one', isInForce: true, state: 'open', remedy: 'scrub' },
      at: [
        { line: 1, isPlain: false },
        { line: 2, isPlain: true },
      ],
    });
    const steps = told.filter((each) => each.type === 'step');
    const last = steps.at(-1);
    expect(last).toMatchObject({ stage: 'search', done: last?.total, places: report.places });
    expect(steps.every(({ done, total }) => done <= total)).toBe(true);
    const shown = JSON.stringify([told, report, await sweep.state()]) + (await readFile(at('leak-sweep.json'), 'utf8'));
    for (const hidden of [value, old, token, encoded]) expect(shown).not.toContain(hidden);
  });

  test('is kept for a checklist over a restart', async () => {
    await put('logs/agentrail-2026-01-01.1.ndjson', `{"msg":"${value} ${old}"}\n`);
    await put(`${session}/messages.jsonl`, `{"text":"${old}"}\n`);
    expect(await open().sweep.summary()).toBeUndefined();
    await open().sweep.search(() => undefined, never);
    expect(await open().sweep.summary()).toEqual({
      ...{ sweptAt: expect.any(Number), findings: 2, inForce: 1, unread: 0 },
    });
  });

  test('that is ended by its signal leaves the last report, and another may begin', async () => {
    await put('logs/agentrail-2026-01-01.1.ndjson', `{"msg":"${value}"}\n`);
    const { sweep } = open();
    await sweep.search(() => undefined, never);
    const before = await sweep.state();
    const abort = new AbortController();
    const ended = sweep.search(() => abort.abort(new Error('gone')), abort.signal);
    await expect(sweep.search(() => undefined, never)).rejects.toMatchObject({ code: 'sweep_running', status: 409 });
    await expect(ended).rejects.toThrow('gone');
    expect(await sweep.state()).toEqual(before);
    await sweep.search(() => undefined, never);
  });

  test('tells what it could not look into, and follows no link', async () => {
    await put('backups/agentrail-backup-20260101T000000Z.tar.gz', 'no archive');
    await put('elsewhere.txt', value);
    await mkdir(at('logs'));
    await symlink(at('elsewhere.txt'), at('logs/link.ndjson'));
    const file = at('backups/agentrail-backup-20260101T000000Z.tar.gz');
    const { sweep } = open({
      archives: async () => [file],
      containers: () => Promise.reject(new Error('Docker does not answer.')),
    });
    const report = await sweep.search(() => undefined, never);
    expect(report.findings.map(where)).toEqual(['data elsewhere.txt MY_KEY 1']);
    expect(report.unread.map(({ place }) => place)).toEqual([path.relative(dataDir, file), 'containers']);
  });

  test('knows what a person decided about a value that is not in force any more', async () => {
    await put('logs/agentrail-2026-01-01.1.ndjson', `{"msg":"${value}"}\n`);
    const { sweep } = open();
    const [finding] = (await sweep.search(() => undefined, never)).findings;
    await sweep.mark([finding?.id ?? ''], 'rotated');
    expect(await sweep.summary()).toMatchObject({ findings: 0 });
    expect((await sweep.search(() => undefined, never)).findings).toMatchObject([{ state: 'open' }]);
    await sweep.mark([finding?.id ?? ''], 'rotated');
    values = [{ name: 'MY_KEY', value, isInForce: false }];
    expect((await sweep.search(() => undefined, never)).findings).toMatchObject([{ state: 'rotated' }]);
    await expect(sweep.mark(['0123456789abcdef'], 'rotated')).rejects.toMatchObject({ code: 'findings_unknown' });
  });
});

describe('a scrub', () => {
  const idsOf = async (sweep: ReturnType<typeof open>['sweep']) =>
    ((await sweep.state()).last?.findings ?? []).map(({ id }) => id);
  const quietly = { onStep: () => undefined, signal: never };

  test('rewrites logs and sessions, keeps every line and its rights, and refuses the rest with what to do', async () => {
    await fillEverything();
    const { sweep, renewed } = open();
    const lines = (await readFile(at(`${session}/messages.jsonl`), 'utf8')).split('\n').length;
    await sweep.search(() => undefined, never);
    const { outcomes, report } = await sweep.scrub(await idsOf(sweep), quietly);
    const left = report.findings.filter(({ state }) => state === 'open').map(({ place }) => place);
    expect(left).toEqual([
      ...['agentrail.yaml', 'sandboxes/default/one/.env', 'skills/mine/SKILL.md'],
      `${session}/uploads/picture.png`,
    ]);
    expect(outcomes.flatMap((each) => (each.isDone ? [] : [each.reason]))).toEqual([
      expect.stringContaining('vault'),
      expect.stringContaining('Edit or delete'),
      expect.stringContaining('Edit or delete'),
      expect.stringContaining('no text'),
    ]);
    expect(renewed).toEqual(['default']);
    const messages = await readFile(at(`${session}/messages.jsonl`), 'utf8');
    expect(messages.split('\n')).toHaveLength(lines);
    for (const line of messages.trim().split('\n')) JSON.parse(line);
    expect(messages).toContain('[redacted MY_KEY]');
    expect(messages).toContain('{"text":"kept"}\n');
    expect(await readFile(at(`${session}/tool-results/call_1.txt`), 'utf8')).toBe('a\n[redacted MY_KEY]\nb');
    expect(await readFile(at('agentrail.yaml'), 'utf8')).toContain(value);
    expect((await readdir(at('logs'))).length).toBe(2);
    expect((await stat(at(`${session}/messages.jsonl`))).mode & 0o777).toBe(0o644);
    const again = await sweep.search(() => undefined, never);
    expect(again.findings.map(({ kind }) => kind)).not.toContain('log');
  });

  test('leaves a session alone in which a run goes on', async () => {
    await put(`${session}/messages.jsonl`, `{"text":"${value}"}\n`);
    const { sweep } = open({ whileIdle: async () => false });
    await sweep.search(() => undefined, never);
    const { outcomes } = await sweep.scrub(await idsOf(sweep), quietly);
    expect(outcomes).toMatchObject([{ isDone: false, reason: expect.stringContaining('run is going on') }]);
    expect(await readFile(at(`${session}/messages.jsonl`), 'utf8')).toContain(value);
  });

  test('counts what is gone as clean, and knows only what the last search found', async () => {
    await put('logs/agentrail-2026-01-01.1.ndjson', `{"msg":"${value}"}\n`);
    const { sweep } = open();
    await sweep.search(() => undefined, never);
    await rm(at('logs/agentrail-2026-01-01.1.ndjson'));
    expect((await sweep.scrub(await idsOf(sweep), quietly)).outcomes).toMatchObject([{ isDone: true }]);
    await expect(sweep.scrub(['0123456789abcdef'], quietly)).rejects.toMatchObject({ code: 'findings_unknown' });
  });

  test('of a log that takes lines meanwhile is done while it is closed', async () => {
    await put('logs/agentrail-2026-01-01.1.ndjson', `{"msg":"${value}"}\n`);
    const order: string[] = [];
    const { sweep } = open({
      async whileLogClosed(work) {
        order.push('closed');
        await work();
        order.push('open');
      },
    });
    await sweep.search(() => undefined, never);
    await sweep.scrub(await idsOf(sweep), quietly);
    expect(order).toEqual(['closed', 'open']);
  });
});
