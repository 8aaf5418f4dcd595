import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireDataDirLock } from '../data/lock.ts';
import { settleDataDir } from '../data/move/move-marks.ts';
import { moveToNextPlace, readNextPlace, writeNextPlace } from '../data/move/next-place.ts';
import { systemClock } from '../lib/clock.ts';
import { createDataPlace, maxMoveBytes } from './data-place.ts';
import { temporaryFolder } from './temporary-folder.test-support.ts';

async function open(usedBytes = 1000) {
  const root = await temporaryFolder();
  const dataDir = join(root, 'data');
  const installRoot = join(root, 'program');
  await mkdir(dataDir);
  await mkdir(installRoot);
  await writeFile(join(dataDir, 'kept.txt'), 'kept');
  const place = createDataPlace({ dataDir, installRoot, home: root, usedBytes: async () => usedBytes });
  const start = (maxBytes = maxMoveBytes) => moveToNextPlace({ dataDir, installRoot, maxBytes, clock: systemClock });
  return { root, dataDir, place, start };
}

describe('the place of the data directory', () => {
  it('is told with its free space', async () => {
    const { place, dataDir } = await open();
    const told = await place.read();
    expect(told).toMatchObject({
      dataDir,
      canMove: true,
      moveCommand: `agentrail data move <folder> --data-dir ${dataDir}`,
    });
    expect(told.freeBytes).toBeGreaterThan(0);
    expect(told.problem).toBeUndefined();
  });

  it('that is too large to be moved at a start is moved by a command', async () => {
    const { place } = await open(maxMoveBytes + 1);
    expect((await place.read()).canMove).toBe(false);
  });

  it('can be chosen for the next start, which moves everything there', async () => {
    const { root, dataDir, place, start } = await open();
    const to = join(root, 'elsewhere');
    expect((await place.choose('~/elsewhere')).place.next).toEqual({ to });
    expect(await start()).toBe(to);
    expect(await settleDataDir(dataDir)).toBe(to);
    expect(await readFile(join(to, 'kept.txt'), 'utf8')).toBe('kept');
    expect(await readNextPlace(to)).toBeUndefined();
    expect(await start()).toBe(dataDir);
    expect(await settleDataDir(dataDir)).toBe(to);
  });

  it('stays when the choice is taken back', async () => {
    const { root, dataDir, place, start } = await open();
    await place.choose(join(root, 'elsewhere'));
    expect((await place.forget()).next).toBeUndefined();
    expect(await start()).toBe(dataDir);
  });

  it('refuses a folder that is not empty, one inside itself and a relative path, and remembers none', async () => {
    const { root, dataDir, place } = await open();
    await mkdir(join(root, 'full'));
    await writeFile(join(root, 'full', 'x'), '');
    await expect(place.choose(join(root, 'full'))).rejects.toMatchObject({ code: 'move_not_empty' });
    await expect(place.choose(join(dataDir, 'inside'))).rejects.toMatchObject({ code: 'move_unsafe' });
    await expect(place.choose('relative')).rejects.toMatchObject({ code: 'move_unsafe' });
    expect((await place.read()).next).toBeUndefined();
  });

  it('stays where the new one cannot be used any more, says why, and is not tried again', async () => {
    const { root, dataDir, place, start } = await open();
    const to = join(root, 'elsewhere');
    await place.choose(to);
    await mkdir(to);
    await writeFile(join(to, 'x'), '');
    expect(await start()).toBe(dataDir);
    expect((await place.read()).next).toMatchObject({ to, problem: expect.stringContaining('not empty') });
    expect(await start()).toBe(dataDir);
    expect(await settleDataDir(dataDir)).toBe(dataDir);
  });

  it('stays where too much came together meanwhile, or another process owns it', async () => {
    const { root, dataDir, place, start } = await open();
    await place.choose(join(root, 'elsewhere'));
    await using _lock = await acquireDataDirLock(dataDir, { instanceId: 'other', clock: systemClock });
    expect(await start()).toBe(dataDir);
    expect(await readNextPlace(dataDir)).toEqual({ to: join(root, 'elsewhere') });
    await _lock.release();
    expect(await start(1)).toBe(dataDir);
    expect((await readNextPlace(dataDir))?.problem).toContain('agentrail data move');
  });

  it.each(['', '{}', '{"format":"agentrail-next-place","to":""}'])('stays when the mark holds %j', async (text) => {
    const { dataDir, start } = await open();
    await writeNextPlace(dataDir, { to: '/nowhere' });
    await writeFile(join(dataDir, 'next-place.json'), text);
    expect(await start()).toBe(dataDir);
  });
});
