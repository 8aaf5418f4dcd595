import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../contract/config.ts';
import type { CheckResult } from '../contract/doctor.ts';
import { systemClock } from '../lib/clock.ts';
import type { DoctorSurroundings } from './surroundings.ts';
import { makeDataDir, makeDoctor, surroundings } from './testing.test-support.ts';

async function examine(dataDir: string, change: Partial<DoctorSurroundings> = {}) {
  const report = await makeDoctor(surroundings(dataDir, change)).run();
  return Object.fromEntries(report.checks.map((check) => [check.name, check])) as Record<string, CheckResult>;
}

async function leaveBehind(dataDir: string): Promise<string> {
  await mkdir(path.join(dataDir, 'tenants/acme'), { recursive: true });
  const name = 'tenants/acme/.docs.json.0a1b2c3d-00000000-0000-4000-8000-000000000000.tmp';
  await writeFile(path.join(dataDir, name), 'half');
  const old = new Date(Date.now() - 3_600_000);
  await utimes(path.join(dataDir, name), old, old);
  return name;
}

describe('doctor', () => {
  it('finds a fresh data directory well, and tells what does not apply apart', async () => {
    const dataDir = await makeDataDir();
    const found = await examine(dataDir);
    const states = Object.fromEntries(Object.entries(found).map(([name, { state }]) => [name, state]));
    expect(states).toMatchObject({
      ...{ data_dir: 'ok', permissions: 'ok', lock: 'ok', integrity: 'ok', index: 'ok', leftovers: 'ok', disk: 'ok' },
      ...{ clock: 'ok', programs: 'ok', config: 'ok', shadowed: 'ok', vault: 'not_applicable', docker: 'warn' },
      ...{ image: 'not_applicable', containers: 'not_applicable', port: 'ok', providers: 'not_applicable' },
      ...{ database: 'not_applicable', backup: 'ok', crashes: 'ok', repairs: 'ok' },
    });
  });

  it('sees a clock that is wrong by what providers say, and one that was set back', async () => {
    const dataDir = await makeDataDir();
    const date = new Date(Date.now() + 600_000).toUTCString();
    const providers = () => [{ name: 'mine', url: 'http://127.0.0.1:9/v1' }];
    const behind = await examine(dataDir, { providers, fetch: async () => new Response(null, { headers: { date } }) });
    expect(behind.clock).toMatchObject({
      state: 'warn',
      evidence: expect.stringMatching(/mine is [56]\d\d\.\d s ahead/),
    });
    expect(behind.providers).toMatchObject({ state: 'ok' });
    const beganAt = { now: Date.now() + 300_000, monotonic: systemClock.monotonic() };
    expect((await examine(dataDir, { beganAt })).clock?.evidence).toContain('was set back by 300 seconds');
    expect((await examine(dataDir, { providers })).providers).toMatchObject({
      state: 'warn',
      evidence: expect.stringContaining('no network'),
    });
  });

  it('names programs that settings need and nothing finds', async () => {
    const settings = configSchema.parse({ mcpServers: { tools: { command: 'no-such-program' } } });
    const config = () => ({ settings, faults: [], notes: [], values: [], file: '' });
    const found = await examine(await makeDataDir(), { config });
    expect(found.programs).toMatchObject({
      state: 'warn',
      evidence: expect.stringContaining('MCP server tools needs it'),
    });
  });

  it('tells settings that do not count without telling their values', async () => {
    const values = [
      {
        path: 'llm.baseUrl',
        value: 'http://a',
        source: 'environment' as const,
        from: 'BASE_URL',
        shadows: [{ source: 'file' as const, value: 'canary-value' }],
      },
    ];
    const config = () => ({ settings: configSchema.parse({}), faults: [], notes: [], values, file: '' });
    const { shadowed } = await examine(await makeDataDir(), { config });
    expect(shadowed).toMatchObject({ state: 'warn', details: ['llm.baseUrl: BASE_URL wins over file'] });
    expect(JSON.stringify(shadowed)).not.toContain('canary');
  });

  it('takes secrets out of everything it tells', async () => {
    const engine: DoctorSurroundings['engine'] = async () => ({
      ...{ state: 'not_found', checkedAt: 1, problem: 'canary-value' },
      tries: [{ endpoint: 'canary-value', origin: 'x', state: 'not_found', error: 'canary-value' }],
    });
    const doctor = makeDoctor(surroundings(await makeDataDir(), { engine }));
    const told: CheckResult[] = [];
    const report = await doctor.run({ onResult: (result) => told.push(result) });
    expect(JSON.stringify([report, told, doctor.last()])).not.toContain('canary-value');
    expect(told.length).toBe(doctor.checks.length);
  });
});

describe('a repair', () => {
  it.skipIf(process.platform === 'win32')('makes secrets private, and only what was shown', async () => {
    const dataDir = await makeDataDir();
    for (const name of ['vault.json', 'vault.key', 'api-tokens.json', 'agentrail.yaml']) {
      await writeFile(path.join(dataDir, name), '{}');
      await chmod(path.join(dataDir, name), 0o644);
    }
    const doctor = makeDoctor(surroundings(dataDir));
    const seen = (await doctor.run()).checks.find(({ name }) => name === 'permissions');
    expect(seen).toMatchObject({ state: 'warn', repair: 'permissions' });
    const plan = await doctor.plan('permissions');
    expect(plan).toMatchObject({ total: 3, canUndo: true });
    await writeFile(path.join(dataDir, 'console-sessions.json'), '{}');
    await chmod(path.join(dataDir, 'console-sessions.json'), 0o666);
    const { fingerprint } = plan;
    await expect(doctor.repair('permissions', { fingerprint })).rejects.toMatchObject({ code: 'repair_changed' });
    const report = await doctor.repair('permissions', { fingerprint: (await doctor.plan('permissions')).fingerprint });
    expect(report).toMatchObject({ done: 4, left: [] });
    expect((await stat(path.join(dataDir, 'vault.key'))).mode & 0o777).toBe(0o600);
    expect((await stat(path.join(dataDir, 'agentrail.yaml'))).mode & 0o777).toBe(0o644);
    expect((await examine(dataDir)).permissions).toMatchObject({ state: 'ok' });
    await doctor.undo(report.id ?? '');
    expect((await examine(dataDir)).permissions).toMatchObject({ state: 'warn' });
  });

  it('puts half-made files aside, but none of another program that works there', async () => {
    const dataDir = await makeDataDir();
    const name = await leaveBehind(dataDir);
    const owner = { pid: 1, startTime: 'x', host: 'h', instanceId: 'i', acquiredAt: 1 };
    const foreign = makeDoctor(surroundings(dataDir, { ownership: async () => ({ state: 'held', owner }) }));
    await expect(foreign.repair('leftovers')).rejects.toMatchObject({ code: 'data_dir_locked' });
    const doctor = makeDoctor(surroundings(dataDir));
    expect(await doctor.plan('leftovers')).toMatchObject({ changes: [{ type: 'move', path: name, sizeBytes: 4 }] });
    const { id = '' } = await doctor.repair('leftovers');
    expect(await readdir(path.join(dataDir, 'tenants/acme'))).toEqual([]);
    await doctor.undo(id);
    expect(await readFile(path.join(dataDir, name), 'utf8')).toBe('half');
  });

  it('makes a damaged search index anew by putting it aside, and leaves a whole one alone in the report', async () => {
    const dataDir = await makeDataDir();
    const index = path.join(dataDir, 'tenants/acme/index.sqlite');
    await mkdir(path.dirname(index), { recursive: true });
    const database = new DatabaseSync(index);
    database.exec('CREATE TABLE a (b)');
    database.close();
    expect((await examine(dataDir)).index).toMatchObject({ state: 'ok' });
    await writeFile(index, Buffer.alloc(8192, 'x'));
    expect((await examine(dataDir)).index).toMatchObject({ state: 'warn', repair: 'index' });
    const released: string[] = [];
    const doctor = makeDoctor(surroundings(dataDir), {
      releaseIndex: async (tenantId) => void released.push(tenantId),
    });
    expect(await doctor.repair('index')).toMatchObject({ done: 1 });
    expect([released, await readdir(path.dirname(index))]).toEqual([['acme'], []]);
  });

  it('keeps what a stale lock said', async () => {
    const dataDir = await makeDataDir();
    const said = JSON.stringify({ pid: 999_999_999, startTime: 'x', host: 'h', instanceId: 'i', acquiredAt: 1 });
    await writeFile(path.join(dataDir, 'lock'), said);
    const freed: string[] = [];
    const owner = { pid: 999_999_999, startTime: 'x', host: 'h', instanceId: 'i', acquiredAt: 1 };
    const at = surroundings(dataDir, { ownership: async () => ({ state: 'stale', owner }) });
    const doctor = makeDoctor(at, { freeLock: async () => void freed.push('lock') });
    expect(await doctor.plan('stale_lock')).toMatchObject({ changes: [{ type: 'unlock', path: 'lock', note: said }] });
    const { id = '' } = await doctor.repair('stale_lock');
    expect(freed).toEqual(['lock']);
    expect(await readFile(path.join(dataDir, 'repairs', id, 'repair.json'), 'utf8')).toContain('999999999');
  });

  it('of nothing does nothing and leaves nothing', async () => {
    const dataDir = await makeDataDir();
    const doctor = makeDoctor(surroundings(dataDir));
    for (const name of ['permissions', 'leftovers', 'index', 'quarantine', 'stale_lock', 'containers'] as const)
      expect(await doctor.repair(name)).toEqual({ name, done: 0, left: [] });
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('of damaged sessions leaves workspaces to the clean-up', async () => {
    const taken: string[] = [];
    const finding = { path: 'tenants/a/sessions/b/messages.jsonl', line: 2, canQuarantine: true } as const;
    const doctor = makeDoctor(surroundings(await makeDataDir()), {
      findings: async () => [
        { kind: 'alien_line', ...finding },
        { kind: 'orphan_workspace', ...finding, path: 'sandboxes/a/b' },
      ],
      quarantine: async (findings) => {
        taken.push(...findings.map(({ path: file }) => file));
        return { id: 'q1', quarantined: 1, left: [] };
      },
    });
    expect(await doctor.plan('quarantine')).toMatchObject({ total: 1 });
    expect(await doctor.repair('quarantine')).toMatchObject({ id: 'q1', done: 1 });
    expect(taken).toEqual(['tenants/a/sessions/b/messages.jsonl']);
  });
});
