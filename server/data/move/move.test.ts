import { existsSync } from 'node:fs';
import {
  appendFile,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CopyStep } from '../../contract/backups.ts';
import { confirmMove, type MoveOptions, moveDataDir, oldCopyOf, planMove, prepareMove } from './move-data-dir.ts';
import { settleDataDir } from './move-marks.ts';

let root: string;
let from: string;
let to: string;
const session = 'tenants/acme/sessions/ses_1/messages.jsonl';

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'move-'));
  from = path.join(root, 'old');
  to = path.join(root, 'disk', 'new');
  await mkdir(path.dirname(path.join(from, session)), { recursive: true });
  await mkdir(path.join(from, 'sandboxes/acme/ses_1'), { recursive: true });
  await writeFile(path.join(from, session), 'one\n');
  await writeFile(path.join(from, 'sandboxes/acme/ses_1/run.sh'), '#!/bin/sh', { mode: 0o755 });
  await symlink('run.sh', path.join(from, 'sandboxes/acme/ses_1/link'));
  await writeFile(path.join(from, 'tenants/acme/index.sqlite'), 'index');
  await writeFile(path.join(from, 'lock'), 'me');
});
afterEach(() => rm(root, { recursive: true }));

const options = (change: Partial<MoveOptions> = {}): MoveOptions => ({
  ...{ from, to, installRoot: path.join(root, 'program'), now: 5 },
  ...change,
});

describe('a move of the data directory', () => {
  it('copies everything with its rights, and whoever names the old place comes to the new one', async () => {
    const steps: CopyStep[] = [];
    const report = await moveDataDir(options({ onStep: (step) => steps.push(step) }));
    expect(report).toEqual({ from, to, files: 2, totalBytes: 13 });
    expect(await readFile(path.join(to, session), 'utf8')).toBe('one\n');
    expect((await lstat(path.join(to, 'sandboxes/acme/ses_1/run.sh'))).mode & 0o777).toBe(0o755);
    expect(await readlink(path.join(to, 'sandboxes/acme/ses_1/link'))).toBe('run.sh');
    expect((await readdir(to)).toSorted()).toEqual(['moved-from.json', 'sandboxes', 'tenants']);
    expect(existsSync(path.join(to, 'tenants/acme/index.sqlite'))).toBe(false);
    expect(await settleDataDir(from)).toBe(to);
    expect(await settleDataDir(to)).toBe(to);
    expect(new Set(steps.map(({ stage }) => stage))).toEqual(new Set(['copy', 'verify']));
    for (const { done, total } of steps) expect(done).toBeLessThanOrEqual(total);
  });

  it('keeps the old copy until that is confirmed, and the way to the new place for good', async () => {
    await moveDataDir(options());
    expect(await oldCopyOf(to)).toEqual({ from, movedAt: 5, sizeBytes: 13 });
    expect(await readFile(path.join(from, session), 'utf8')).toBe('one\n');
    await confirmMove(to);
    expect(await readdir(from)).toEqual(['moved.json']);
    expect(await settleDataDir(from)).toBe(to);
    await expect(confirmMove(to)).rejects.toMatchObject({ code: 'nothing_to_confirm' });
  });

  it('brings along what was written, changed and deleted while it copied', async () => {
    const move = await prepareMove(options());
    await appendFile(path.join(from, session), 'two\n');
    await writeFile(path.join(from, 'new.txt'), 'new');
    await rm(path.join(from, 'sandboxes/acme/ses_1/run.sh'));
    expect(await settleDataDir(from)).toBe(from);
    await expect(settleDataDir(to)).rejects.toMatchObject({ code: 'move_unfinished' });
    await move.finish();
    expect(await readFile(path.join(to, session), 'utf8')).toBe('one\ntwo\n');
    expect(await readFile(path.join(to, 'new.txt'), 'utf8')).toBe('new');
    expect(existsSync(path.join(to, 'sandboxes/acme/ses_1/run.sh'))).toBe(false);
  });

  it.each(['copy', 'verify'] as const)(
    'that is aborted during %s leaves the old place in force and nothing else',
    async (stage) => {
      const abort = new AbortController();
      const onStep = (step: CopyStep) => step.stage === stage && abort.abort(new Error('enough'));
      await expect(moveDataDir(options({ onStep, signal: abort.signal }))).rejects.toThrow('enough');
      expect(await readdir(path.join(root, 'disk')).catch(() => [])).toEqual([]);
      expect(await settleDataDir(from)).toBe(from);
    },
  );

  it('finds a copy that is not like its original', async () => {
    const move = await prepareMove(options());
    await writeFile(path.join(to, session), 'oNe\n');
    await expect(move.finish()).rejects.toMatchObject({ code: 'move_damaged' });
    expect(await settleDataDir(from)).toBe(from);
  });

  it('says where the data is when its disk is away', async () => {
    await moveDataDir(options());
    await rm(to, { recursive: true });
    await expect(settleDataDir(from)).rejects.toMatchObject({
      code: 'data_dir_moved',
      message: expect.stringContaining(to),
    });
  });
});

describe('a place for the data directory', () => {
  const refused = (place: string) =>
    planMove(options({ to: place })).then(
      () => 'fine',
      (error: { code: string }) => error.code,
    );

  it('is refused where data would be lost, and changes nothing', async () => {
    await mkdir(path.join(root, 'filled/x'), { recursive: true });
    await mkdir(path.join(root, 'program'));
    await mkdir(path.join(root, 'synced/.stfolder'), { recursive: true });
    await writeFile(path.join(root, 'file'), '');
    await symlink(from, path.join(root, 'way-in'));
    const verdicts: Record<string, string> = {};
    const at = (...parts: string[]) => path.join(root, ...parts);
    for (const place of [
      ...[from, path.join(from, 'inside'), at('way-in', 'inside'), root, at('program', 'data'), at('synced', 'data')],
      ...[
        at('Dropbox', 'a'),
        at('OneDrive - Company', 'a'),
        at('iCloud Drive', 'a'),
        at('Library', 'Mobile Documents', 'a'),
      ],
      ...['/', '/etc/agentrail', '/usr/share/x', '/proc/x', homedir(), 'relative'],
    ])
      verdicts[place] = await refused(place);
    expect(Object.entries(verdicts).filter(([, code]) => code !== 'move_unsafe')).toEqual([]);
    expect(await refused(at('filled'))).toBe('move_not_empty');
    expect(await refused(at('file'))).toBe('move_not_empty');
    expect(await refused(at('file', 'below'))).toMatch(/^move_(unwritable|not_empty)$/);
    expect(await refused(at('disk', 'deep', 'new'))).toBe('fine');
    expect(existsSync(at('disk'))).toBe(false);
  });
});
