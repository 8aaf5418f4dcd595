import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { acquireDataDirLock } from '../data/lock.ts';
import { systemClock } from '../lib/clock.ts';
import { ann, assistantMessage, userMessage } from '../sessions/conformance.ts';
import { createFileSessionStore } from '../sessions/file-store.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { addBackupCommands } from './backup.ts';
import { addDoctorCommand } from './doctor.ts';

let root: string;
let dataDir: string;
const messagesFile = () => join(dataDir, 'tenants', ann.tenantId, 'sessions', ann.sessionId, 'messages.jsonl');

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cli-backup-'));
  dataDir = join(root, 'data');
  await mkdir(dataDir, { mode: 0o700 });
  const store = createFileSessionStore({ dataDir, logger: silentLogger, clock: systemClock });
  await store.getOrCreate(ann, { agentId: 'default', title: 'Kept' });
  await store.appendMessages(ann, [userMessage('Hello?'), assistantMessage('Here.')]);
  await store.close();
  await writeFile(join(dataDir, 'vault.key'), 'THE-KEY');
});
afterEach(() => rm(root, { recursive: true }));

/** The commands as the program has them, in this process: loading all of it anew for each would take seconds. */
async function agentrail(...args: string[]) {
  const said = { out: '', err: '' };
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += String(text);
    return true;
  });
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += String(text);
    return true;
  });
  try {
    const program = new Command();
    const common = [new Option('--data-dir <folder>'), new Option('--config <file>')];
    addBackupCommands(program, common);
    addDoctorCommand(program, common);
    await program.parseAsync([...args, '--data-dir', dataDir], { from: 'user' });
    return { code: process.exitCode, ...said };
  } finally {
    process.exitCode = undefined;
    out.mockRestore();
    err.mockRestore();
  }
}

it('a backup is made beside a running server, listed, checked, drilled, and put in force once that server is gone', async () => {
  const lock = await acquireDataDirLock(dataDir, { instanceId: 'ins_other', clock: systemClock });
  const made = JSON.parse((await agentrail('backup', '--json')).out) as { file: string; name: string };
  expect((await agentrail('backup', 'ls')).out).toContain(made.name);
  expect(await agentrail('backup', 'verify', made.file)).toMatchObject({
    code: 0,
    out: expect.stringContaining('Whole:'),
  });
  expect((await agentrail('backup', 'drill', made.file)).out).toContain('1 sessions and 2 messages were opened');
  await writeFile(messagesFile(), '');
  expect((await agentrail('restore', made.file)).out).toContain('--yes');
  expect((await agentrail('restore', made.file, '--yes')).code).toBe(3);
  expect(await readFile(messagesFile(), 'utf8')).toBe('');
  await lock.release();
  expect((await agentrail('restore', made.file, '--yes')).out).toContain('Keys and tokens are those from before');
  expect(await readFile(messagesFile(), 'utf8')).toContain('Hello?');
  expect((await readdir(root)).filter((name) => name.includes('before-restore'))).toHaveLength(1);
  expect(await readdir(dataDir)).not.toContain('lock');
});

it('a backup that is damaged is named as such, and nothing is restored from it', async () => {
  const made = JSON.parse((await agentrail('backup', '--json')).out) as { file: string };
  await writeFile(made.file, (await readFile(made.file)).subarray(0, -60));
  expect(await agentrail('backup', 'verify', made.file)).toMatchObject({
    code: 1,
    err: expect.stringContaining('damaged'),
  });
  expect((await agentrail('restore', made.file, '--yes')).code).toBe(1);
  expect(await readdir(root)).toEqual(['data']);
});

it('secrets go in with a passphrase only, from a file', async () => {
  expect(await agentrail('backup', '--secrets')).toMatchObject({ code: 1, err: expect.stringContaining('passphrase') });
  await writeFile(join(root, 'phrase'), 'correct horse\n');
  const args = ['--passphrase-file', join(root, 'phrase')];
  const { file } = JSON.parse((await agentrail('backup', '--secrets', '--json', ...args)).out) as { file: string };
  expect((await agentrail('backup', 'verify', file, ...args)).out).toContain('its secrets open');
  await rm(join(dataDir, 'vault.key'));
  await agentrail('restore', file, '--yes', ...args);
  expect(await readFile(join(dataDir, 'vault.key'), 'utf8')).toBe('THE-KEY');
  // Each passphrase costs about half a second, by intention.
}, 60_000);

it('the data directory moves when that is meant, commands follow it, and the old copy goes when that is confirmed', async () => {
  const to = join(root, 'elsewhere');
  expect((await agentrail('data', 'move', to)).out).toContain('--yes');
  expect(await readdir(root)).toEqual(['data']);
  expect(await agentrail('data', 'move', join(dataDir, 'inside'), '--yes')).toMatchObject({ code: 1 });
  expect((await agentrail('data', 'move', to, '--yes')).out).toContain(`AGENTRAIL_DATA_DIR='${to}'`);
  expect((await agentrail('backup', '--json')).out).toContain(join(to, 'backups'));
  expect((await agentrail('data', 'confirm-move')).out).toContain('Remove it with --yes');
  expect((await agentrail('data', 'confirm-move', '--yes')).code).toBe(0);
  expect(await readdir(dataDir)).toEqual(['moved.json']);
});

it('doctor names file and line of damage, takes it away and puts it back', async () => {
  const whole = await readFile(messagesFile(), 'utf8');
  await writeFile(messagesFile(), `garbage\n${whole}`);
  const seen = await agentrail('doctor', '--json');
  expect(seen.code).toBe(1);
  const report = JSON.parse(seen.out) as { checks: { name: string; state: string }[]; findings: object[] };
  expect(report.findings).toMatchObject([{ kind: 'alien_line', line: 1, sessionId: ann.sessionId }]);
  const states = Object.fromEntries(report.checks.map(({ name, state }) => [name, state]));
  expect(states).toMatchObject({
    data_dir: 'ok',
    integrity: 'warn',
    clock: 'ok',
    config: 'ok',
    providers: 'not_applicable',
  });
  expect((await agentrail('doctor')).out).toContain('messages.jsonl:1');
  const taken = JSON.parse((await agentrail('doctor', '--quarantine', '--json')).out) as { quarantine: { id: string } };
  expect(await readFile(messagesFile(), 'utf8')).toBe(whole);
  expect((await agentrail('doctor', '--put-back', taken.quarantine.id)).code).toBe(0);
  expect(await readFile(messagesFile(), 'utf8')).toBe(`garbage\n${whole}`);
});

it('doctor shows a repair, carries it out, and undoes it', async () => {
  const damage = `garbage\n${await readFile(messagesFile(), 'utf8')}`;
  await writeFile(messagesFile(), damage);
  const shown = await agentrail('doctor', '--repair', 'quarantine', '--dry-run');
  expect(shown).toMatchObject({ code: 0, out: expect.stringContaining('messages.jsonl:1') });
  expect(await readFile(messagesFile(), 'utf8')).toBe(damage);
  const done = JSON.parse((await agentrail('doctor', '--repair', 'quarantine', '--json')).out) as { id: string };
  expect(await readFile(messagesFile(), 'utf8')).not.toContain('garbage');
  expect((await agentrail('doctor', '--put-back', done.id)).code).toBe(0);
  expect(await readFile(messagesFile(), 'utf8')).toBe(damage);
  await chmod(dataDir, 0o755);
  const mended = JSON.parse((await agentrail('doctor', '--repair', 'permissions', '--json')).out) as { id: string };
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  expect((await agentrail('doctor', '--undo', mended.id)).code).toBe(0);
  expect((await stat(dataDir)).mode & 0o777).toBe(0o755);
  const lock = await acquireDataDirLock(dataDir, { instanceId: 'ins_other', clock: systemClock });
  expect((await agentrail('doctor', '--repair', 'index')).code).toBe(3);
  await lock.release();
});

it('doctor writes a support bundle beside a running server, over nothing, and without what sessions say', async () => {
  const lock = await acquireDataDirLock(dataDir, { instanceId: 'ins_other', clock: systemClock });
  const file = join(root, 'support.zip');
  const made = await agentrail('doctor', '--bundle', file, '--json');
  expect(made.code).toBe(0);
  const { files } = JSON.parse(made.out) as { files: { name: string; part: string }[] };
  expect(files.map(({ name }) => name)).toContain('data-directory.txt');
  expect(files.map(({ part }) => part)).not.toContain('sessions');
  expect((await readFile(file)).subarray(0, 2).toString()).toBe('PK');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await agentrail('doctor', '--bundle', file)).toMatchObject({ code: 1 });
  await lock.release();
});

it('doctor leaves damage alone while a server owns the data', async () => {
  await writeFile(messagesFile(), 'garbage\n');
  const lock = await acquireDataDirLock(dataDir, { instanceId: 'ins_other', clock: systemClock });
  expect((await agentrail('doctor', '--quarantine')).code).toBe(3);
  await lock.release();
  expect(await readFile(messagesFile(), 'utf8')).toBe('garbage\n');
});
