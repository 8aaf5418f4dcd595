import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../telemetry/logger.ts';
import { openFirstRun } from './first-run.ts';
import { isFreshDataDir } from './is-fresh.ts';
import { temporaryFolder } from './temporary-folder.test-support.ts';

async function open(dataDir: string, isFresh = true) {
  return openFirstRun({ dataDir, isFresh: async () => isFresh, logger: silentLogger });
}

describe('the first run', () => {
  it('is open in a fresh directory, and goes on where it was after a restart', async () => {
    const dataDir = await temporaryFolder();
    const first = await open(dataDir);
    expect(first.read()).toMatchObject({ status: 'open', step: 'data' });
    await first.change({ step: 'data', outcome: 'done' });
    await first.change({ step: 'model', outcome: 'skipped' });
    // By then the directory is in use.
    const second = await open(dataDir, false);
    expect(second.read()).toEqual({
      status: 'open',
      step: 'sandbox',
      steps: { data: 'done', model: 'skipped', sandbox: 'open' },
    });
  });

  it.each(['finished', 'dismissed'] as const)('never comes back once it is %s', async (status) => {
    const dataDir = await temporaryFolder();
    await (await open(dataDir)).change({ status });
    const next = await open(dataDir);
    expect(next.read().status).toBe(status);
    // It can be gone through again all the same.
    await next.change({ goTo: 'model' });
    expect((await open(dataDir)).read()).toMatchObject({ status, step: 'model' });
  });

  it('does not ask who used the directory before, and leaves no file there', async () => {
    const dataDir = await temporaryFolder();
    expect((await open(dataDir, false)).read().status).toBe('dismissed');
    await expect(readFile(join(dataDir, 'first-run.json'))).rejects.toThrow('ENOENT');
  });

  it.each(['', '{', '[]', '{"version":2}', '{"version":1,"status":"open","step":"nowhere","steps":{}}'])(
    'is not shown when its file holds %j',
    async (text) => {
      const dataDir = await temporaryFolder();
      await writeFile(join(dataDir, 'first-run.json'), text);
      expect((await open(dataDir)).read().status).toBe('dismissed');
    },
  );

  it('begins without a file where none can be written, and a change then says why it is not kept', async () => {
    const dataDir = join(await temporaryFolder(), 'gone');
    const state = await open(dataDir);
    expect(state.read().status).toBe('open');
    await expect(state.change({ status: 'finished' })).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(state.read().status).toBe('open');
  });
});

describe('a fresh data directory', () => {
  it('has no session, no secret and no settings', async () => {
    const dataDir = await temporaryFolder();
    const config = join(dataDir, 'agentrail.yaml');
    expect(await isFreshDataDir(dataDir, config)).toBe(true);
    await mkdir(join(dataDir, 'tenants'));
    expect(await isFreshDataDir(dataDir, config)).toBe(true);
    await mkdir(join(dataDir, 'tenants', 'default'));
    expect(await isFreshDataDir(dataDir, config)).toBe(false);
  });

  it.each(['agentrail.yaml', 'vault.json'])('is not one that holds %s', async (name) => {
    const dataDir = await temporaryFolder();
    await writeFile(join(dataDir, name), '');
    expect(await isFreshDataDir(dataDir, join(dataDir, 'agentrail.yaml'))).toBe(false);
  });
});
