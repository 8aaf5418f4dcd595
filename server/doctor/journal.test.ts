import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { carryOut, forgetRepair, listRepairs, type Operation, undoRepair } from './journal.ts';
import { makeDataDir } from './testing.test-support.ts';

const at = { now: Date.UTC(2026, 0, 2, 3, 4, 5) };
const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

async function make() {
  const dataDir = await makeDataDir();
  await mkdir(path.join(dataDir, 'tenants'));
  await writeFile(path.join(dataDir, 'vault.json'), 'sealed', { mode: 0o644 });
  await chmod(path.join(dataDir, 'vault.json'), 0o644);
  await writeFile(path.join(dataDir, 'tenants', 'half'), 'half made');
  const operations: Operation[] = [
    { type: 'mode', path: 'vault.json', from: 0o644, to: 0o600 },
    { type: 'move', path: 'tenants/half', stored: 'items/1' },
  ];
  return { dataDir, operations };
}

describe('a repair of files', () => {
  it('keeps what was, can be undone to the byte, and then counts as undone', async () => {
    const { dataDir, operations } = await make();
    const report = await carryOut('leftovers', operations, { dataDir, ...at });
    expect(report).toMatchObject({ done: 2, left: [], id: expect.stringMatching(/^20260102T030405Z-/) });
    expect(await modeOf(path.join(dataDir, 'vault.json'))).toBe(0o600);
    expect(await readdir(path.join(dataDir, 'tenants'))).toEqual([]);
    expect(await listRepairs(dataDir)).toMatchObject([{ state: 'done', items: 2, keptBytes: 9, name: 'leftovers' }]);
    expect(await undoRepair(report.id ?? '', { dataDir, ...at })).toMatchObject({ done: 2, left: [] });
    expect(await modeOf(path.join(dataDir, 'vault.json'))).toBe(0o644);
    expect(await readFile(path.join(dataDir, 'tenants', 'half'), 'utf8')).toBe('half made');
    expect(await listRepairs(dataDir)).toMatchObject([{ state: 'undone', keptBytes: 0 }]);
  });

  it('leaves what changed since it was seen, and what is a link by now', async () => {
    const { dataDir, operations } = await make();
    const outside = path.join(await makeDataDir(), 'outside');
    await writeFile(outside, 'mine', { mode: 0o644 });
    await chmod(outside, 0o644);
    await symlink(outside, path.join(dataDir, 'vault.key'));
    await chmod(path.join(dataDir, 'vault.json'), 0o640);
    const report = await carryOut(
      'permissions',
      [...operations, { type: 'mode', path: 'vault.key', from: 0o644, to: 0o600 }],
      { dataDir, ...at },
    );
    expect(report.left.map(({ path: file }) => file)).toEqual(['vault.json', 'vault.key']);
    expect(await modeOf(outside)).toBe(0o644);
  });

  it('puts nothing back over what has the place by now', async () => {
    const { dataDir, operations } = await make();
    const { id = '' } = await carryOut('leftovers', operations, { dataDir, ...at });
    await writeFile(path.join(dataDir, 'tenants', 'half'), 'newer');
    const report = await undoRepair(id, { dataDir, ...at });
    expect(report.left).toEqual([{ path: 'tenants/half', reason: 'Something else has its place now.' }]);
    expect(await readFile(path.join(dataDir, 'tenants', 'half'), 'utf8')).toBe('newer');
    await forgetRepair(id, dataDir);
    expect(await listRepairs(dataDir)).toEqual([]);
    await expect(undoRepair(id, { dataDir, ...at })).rejects.toMatchObject({ code: 'repair_not_found' });
  });

  it('does not follow a record that was changed to lead outside', async () => {
    const { dataDir, operations } = await make();
    const { id = '' } = await carryOut('leftovers', operations, { dataDir, ...at });
    const file = path.join(dataDir, 'repairs', id, 'repair.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace('tenants/half', '../outside'));
    const { left } = await undoRepair(id, { dataDir, ...at });
    expect(left).toMatchObject([
      { path: '../outside', reason: expect.stringContaining('outside of the data directory') },
    ]);
  });

  it('is not found under any name that is no id', async () => {
    const dataDir = await makeDataDir();
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.constantFrom('..', '../..', '.', 'items')), async (id) => {
        await expect(undoRepair(id, { dataDir, ...at })).rejects.toMatchObject({ code: 'repair_not_found' });
      }),
      { numRuns: 50 },
    );
  });

  it('understands no record of garbage, and lists the others', async () => {
    const { dataDir, operations } = await make();
    const { id = '' } = await carryOut('leftovers', operations, { dataDir, ...at });
    const other = path.join(dataDir, 'repairs', '20250101T000000Z-aaaaaa');
    await mkdir(other);
    await writeFile(path.join(other, 'repair.json'), '{"format":');
    expect((await listRepairs(dataDir)).map((each) => each.id)).toEqual([id]);
    await expect(undoRepair('20250101T000000Z-aaaaaa', { dataDir, ...at })).rejects.toMatchObject({
      code: 'repair_damaged',
    });
  });
});
