import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { createDeployExports } from './deploy-exports.ts';
import { choose, sourceWith } from './fixtures.test-support.ts';
import { createLastExports } from './last-exports.ts';
import { writeExport } from './write-export.ts';

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'agentrail-exports-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

function exportsWith(settings: Record<string, unknown> = {}) {
  const last = createLastExports(dataDir);
  return createDeployExports({ source: () => sourceWith(settings), last, clock: systemClock });
}

it('compares with the last export of the same target, line by line, and looking changes nothing', async () => {
  const before = await exportsWith().plan(choose({ target: 'compose' }));
  expect(before.lastExportAt).toBeUndefined();
  expect(new Set(before.files.map(({ change }) => change))).toEqual(new Set(['new']));
  expect(await readdir(dataDir)).toEqual([]);

  await exportsWith().keep(choose({ target: 'compose' }));
  const same = await exportsWith().plan(choose({ target: 'compose' }));
  expect(new Set(same.files.map(({ change }) => change))).toEqual(new Set(['same']));
  expect((await exportsWith().plan(choose({ target: 'systemd' }))).lastExportAt).toBeUndefined();

  const other = await exportsWith({ 'llm.provider': 'openai' }).plan(choose({ target: 'compose' }));
  expect(other.files.filter(({ change }) => change !== 'same')).toEqual([
    expect.objectContaining({ path: 'agentrail.yaml', change: 'changed', added: 2, removed: 0 }),
  ]);
  expect(other.files.find((file) => file.path === 'agentrail.yaml')?.lines).toContainEqual({
    kind: 'added',
    text: '  provider: openai',
  });
});

it('names files that the last export had and this one has not', async () => {
  await exportsWith().keep(choose({ target: 'compose', instances: 2 }));
  const { files } = await exportsWith().plan(choose({ target: 'compose' }));
  expect(files.at(-1)).toMatchObject({ path: 'balancer.conf', change: 'removed' });
});

it('takes a record that cannot be read for none, and writes a new one', async () => {
  await exportsWith().keep(choose({ target: 'compose' }));
  await writeFile(path.join(dataDir, 'deploy/compose.json'), '{"version":1,"at":');
  expect((await exportsWith().plan(choose({ target: 'compose' }))).lastExportAt).toBeUndefined();
  await exportsWith().keep(choose({ target: 'compose' }));
  expect((await exportsWith().plan(choose({ target: 'compose' }))).lastExportAt).toBeTypeOf('number');
  expect((await stat(path.join(dataDir, 'deploy/compose.json'))).mode & 0o777).toBe(0o600);
});

it('says the same choices as a command', async () => {
  const choices = {
    target: 'kubernetes',
    instances: 3,
    docker: 'remote',
    dockerHost: 'ssh://a@b',
    hostName: 'a.example.org',
  };
  expect((await exportsWith().plan(choose(choices))).command).toBe(
    'agentrail deploy --target kubernetes --name a.example.org --instances 3 --docker remote --docker-host ssh://a@b --out kubernetes',
  );
});

it('overwrites nothing that differs unless forced, and then keeps it', async () => {
  const out = path.join(dataDir, 'out');
  const files = [
    { path: 'a.yml', content: 'one\n' },
    { path: 'proxy/b.conf', content: 'two\n' },
  ];
  expect((await writeExport(out, files, false)).map(({ change }) => change)).toEqual(['new', 'new']);
  expect((await writeExport(out, files, false)).map(({ change }) => change)).toEqual(['same', 'same']);

  await writeFile(path.join(out, 'proxy/b.conf'), 'mine\n');
  const changed = [{ path: 'a.yml', content: 'three\n' }, ...files.slice(1)];
  await expect(writeExport(out, changed, false)).rejects.toMatchObject({
    code: 'files_exist',
    details: { paths: ['a.yml', 'proxy/b.conf'] },
  });
  expect(await readFile(path.join(out, 'a.yml'), 'utf8')).toBe('one\n');

  const written = await writeExport(out, changed, true);
  expect(written).toMatchObject([{ keptAs: 'a.yml.bak', added: 1, removed: 1 }, { keptAs: 'proxy/b.conf.bak' }]);
  expect(await readFile(path.join(out, 'proxy/b.conf.bak'), 'utf8')).toBe('mine\n');
  await writeExport(out, files, true);
  expect(await readFile(path.join(out, 'a.yml.2.bak'), 'utf8')).toBe('three\n');
});

it('writes nothing where something else stands in the way', async () => {
  const out = path.join(dataDir, 'out');
  await writeExport(out, [{ path: 'proxy', content: 'a file\n' }], false);
  const files = [
    { path: 'first.yml', content: 'x\n' },
    { path: 'proxy/b.conf', content: 'two\n' },
  ];
  await expect(writeExport(out, files, true)).rejects.toMatchObject({ code: 'path_blocked' });
  expect(await readdir(out)).toEqual(['proxy']);
});
