import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BackupList, BackupProgress } from '../../contract/backups.ts';
import { configSchema } from '../../contract/config.ts';
import type { IntegrityFinding, IntegrityProgress } from '../../contract/doctor.ts';
import { createBackups } from '../../data/backup/backups.ts';
import type { DataCare } from '../../data/data-care.ts';
import { systemClock } from '../../lib/clock.ts';
import { silentLogger } from '../../telemetry/logger.ts';
import { json, makeConsole, temporaryFolder } from '../fakes.test-support.ts';

const finding: IntegrityFinding = {
  kind: 'alien_line',
  path: 'tenants/a/x',
  line: 2,
  sha256: 'ab',
  canQuarantine: true,
};

async function make() {
  const dataDir = await temporaryFolder();
  await writeFile(path.join(dataDir, 'agentrail.yaml'), 'version: 1\n');
  const backups = createBackups({
    ...{ dataDir, version: '1.2.3', clock: systemClock, logger: silentLogger },
    settings: () => configSchema.parse({}).backup,
    tryStore: async () => ({ tenants: 1, sessions: 2, messages: 3 }),
  });
  const taken: IntegrityFinding[][] = [];
  const plan = { goes: ['tenants'], stays: ['backups'], elsewhere: [] };
  const resets: boolean[] = [];
  const dataCare: DataCare = {
    backups,
    async *scan({ onStep }) {
      onStep(1, 1, 'a/x');
      yield finding;
      return { sessions: 1, lines: 2, findings: 1 };
    },
    async quarantine(findings) {
      taken.push([...findings]);
      return { id: 'q', quarantined: findings.length, left: [] };
    },
    putBack: async (id) => ({ id, quarantined: 1, left: [] }),
    quarantines: async () => [],
    folders: async () => ({ tenants: 5, logs: 9 }),
    oldCopy: async () => undefined,
    removeOldCopy: async () => ({ from: '/old', movedAt: 1 }),
    restoreInto: async (_name, to) => ({ files: 1, totalBytes: 2, createdAt: 3, keptSecrets: false, to }),
    reset: {
      read: async () => ({ plan }),
      async ask(keepSettings) {
        resets.push(keepSettings);
        return { plan, pending: { keepSettings, askedAt: 1 } };
      },
      forget: async () => ({ plan }),
    },
  };
  return { ...makeConsole({ dataCare }), dataDir, taken, backups, resets };
}

async function eventsOf<Event>(response: Response): Promise<Event[]> {
  expect(response.headers.get('Content-Type')).toBe('text/event-stream');
  const blocks = (await response.text()).split('\n\n').filter((block) => block !== '');
  return blocks.map((block) => JSON.parse(block.replace(/^data: /, '')) as Event);
}

const at = '/console/api/data';

describe('the data directory in the console', () => {
  it('is backed up with progress, and the archive can be listed, checked, drilled, fetched and removed', async () => {
    const { ask } = await make();
    const body = { workspaces: false, secrets: false };
    const made = await eventsOf<BackupProgress>(await ask(`${at}/backups`, json('POST', body)));
    expect(made.at(-1)).toMatchObject({ type: 'done', report: { files: 1 } });
    expect(made.filter(({ type }) => type === 'step').length).toBeGreaterThan(0);
    const { backups, schedule } = (await (await ask(`${at}/backups`)).json()) as BackupList;
    expect(schedule).toMatchObject({ everyHours: 0, lastAt: expect.any(Number) });
    const name = backups[0]?.name ?? '';
    const one = `${at}/backups/${name}`;
    expect((await eventsOf(await ask(`${one}/verify`, json('POST', {})))).at(-1)).toMatchObject({ type: 'done' });
    expect((await eventsOf(await ask(`${one}/drill`, json('POST', {})))).at(-1)).toMatchObject({
      report: { sessions: 2 },
    });
    const file = await ask(one);
    expect((await file.arrayBuffer()).byteLength).toBe(backups[0]?.sizeBytes);
    expect((await ask(one, { method: 'DELETE' })).status).toBe(200);
    expect((await ask(one)).status).toBe(404);
  });

  it('tells a refusal as the last event, and ends a backup whose client goes away without a rest', async () => {
    const { ask, dataDir } = await make();
    const sealed = { workspaces: false, secrets: true };
    expect(await eventsOf(await ask(`${at}/backups`, json('POST', sealed)))).toMatchObject([
      { type: 'failed', code: 'passphrase_needed' },
    ]);
    await mkdir(path.join(dataDir, 'tenants'));
    await writeFile(path.join(dataDir, 'tenants', 'large'), Buffer.alloc(30_000_000, 'x'));
    const gone = new AbortController();
    const started = await ask(`${at}/backups`, { ...json('POST', { ...sealed, secrets: false }), signal: gone.signal });
    await started.body?.getReader().read();
    gone.abort();
    await expect.poll(() => readdir(path.join(dataDir, 'backups')), { timeout: 5000 }).toEqual([]);
  });

  it('is restored into another folder with progress', async () => {
    const { ask, backups } = await make();
    const { name } = await backups.create({ workspaces: false, secrets: false });
    const path = `${at}/backups/${name}/restore-into`;
    expect((await eventsOf(await ask(path, json('POST', { to: '/new' })))).at(-1)).toMatchObject({
      type: 'done',
      report: { to: '/new' },
    });
    expect((await ask(path, json('POST', { to: '' }))).status).toBe(400);
  });

  it('is reset only when the word was typed, and not when the backup before it fails', async () => {
    const { ask, resets, dataDir } = await make();
    const wish = { confirm: 'reset', keepSettings: true };
    expect((await ask(`${at}/reset`, json('POST', { ...wish, confirm: 'yes' }))).status).toBe(400);
    await writeFile(path.join(dataDir, 'backups'), 'no folder');
    const backup = { workspaces: false };
    expect((await eventsOf(await ask(`${at}/reset`, json('POST', { ...wish, backup })))).at(-1)).toMatchObject({
      type: 'failed',
    });
    expect(resets).toEqual([]);
    await rm(path.join(dataDir, 'backups'));
    const events = await eventsOf(await ask(`${at}/reset`, json('POST', { ...wish, backup })));
    expect(events.at(-1)).toMatchObject({ type: 'done', report: { pending: { keepSettings: true } } });
    expect(await readdir(path.join(dataDir, 'backups'))).toHaveLength(1);
    expect(resets).toEqual([true]);
    expect(await (await ask(`${at}/reset`)).json()).toMatchObject({ plan: { goes: ['tenants'] } });
    expect((await ask(`${at}/reset`, { method: 'DELETE' })).status).toBe(200);
  });

  it('is looked through as a stream, and what was found can be taken away', async () => {
    const { ask, taken } = await make();
    const events = await eventsOf<IntegrityProgress>(await ask(`${at}/integrity`, { method: 'POST' }));
    expect(events.map(({ type }) => type)).toEqual(['step', 'finding', 'done']);
    expect((await ask(`${at}/quarantine`, json('POST', { findings: [finding] }))).status).toBe(200);
    expect(taken).toEqual([[finding]]);
    expect((await ask(`${at}/quarantine`, json('POST', { findings: [] }))).status).toBe(400);
    expect(await (await ask(`${at}/map`)).json()).toMatchObject({ folders: [{ name: 'logs' }, { name: 'tenants' }] });
  });

  it.each(['../agentrail.yaml', '..%2Fagentrail.yaml', 'agentrail.yaml'])('gives no file %s away', async (name) => {
    const { ask } = await make();
    expect((await ask(`${at}/backups/${name}`)).status).toBe(404);
  });

  it('is left alone where nobody manages it', async () => {
    const { ask } = makeConsole();
    expect((await ask(`${at}/map`)).status).toBe(503);
    expect((await ask(`${at}/backups`)).status).toBe(503);
  });
});
