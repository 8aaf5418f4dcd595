import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { removeLeftBehind } from './left-behind.ts';
import { acquireDataDirLock, type DataDirLock } from './lock.ts';
import { ownIdentity } from './process-identity.ts';
import { temporaryName } from './temporary-name.ts';

let dataDir = '';
let lock: DataDirLock | undefined;
const aborting = new AbortController();
const sweep = (isLikely: boolean) =>
  removeLeftBehind(dataDir, { logger: silentLogger, clock: systemClock, signal: aborting.signal, isLikely });
const takeLock = async () => {
  lock = await acquireDataDirLock(dataDir, { instanceId: 'one', clock: systemClock });
};
const session = () => path.join(dataDir, 'tenants/acme/sessions/ses_1');
const ofAnother = (name: string) => `.${name}.0a1b2c3d-${randomUUID()}.tmp`;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'left-behind-'));
  await mkdir(path.join(session(), 'messages.compactions'), { recursive: true });
});
afterEach(async () => {
  await lock?.release();
  await rm(dataDir, { recursive: true });
});

it.each([true, false])(
  'what an earlier owner left half made goes; what is whole, being made or of a living process stays (killed: %s)',
  async (isLikely) => {
    const inMaking = temporaryName('session.jsonl');
    const gone = [ofAnother('vault.json'), `.write-probe-${randomUUID()}`, `lock.${randomUUID()}.tmp`];
    const kept = ['agentrail.yaml', '.env.tmp', `lock.${randomUUID()}.living.tmp`];
    const staged = path.join(dataDir, 'tenants/acme/sessions', ofAnother('ses_2'));
    await mkdir(path.join(staged, 'tool-results'), { recursive: true });
    for (const name of [...gone, ...kept]) await writeFile(path.join(dataDir, name), '{}');
    await writeFile(path.join(dataDir, gone[2] ?? ''), JSON.stringify({ pid: 2 ** 22 + 1, startTime: 'x' }));
    await writeFile(path.join(dataDir, kept[2] ?? ''), JSON.stringify(await ownIdentity()));
    await writeFile(path.join(session(), `.NOTES.md.${randomUUID()}.tmp`), 'half');
    await writeFile(path.join(session(), 'messages.compactions', ofAnother('0001.jsonl')), 'half');
    await writeFile(path.join(session(), inMaking), 'now');
    await writeFile(path.join(session(), 'session.jsonl'), 'whole');
    await takeLock();

    await sweep(isLikely);
    expect((await readdir(dataDir)).toSorted()).toEqual([...kept, 'lock', 'tenants'].toSorted());
    expect(await readdir(path.dirname(session()))).toEqual(['ses_1']);
    expect((await readdir(session())).toSorted()).toEqual(
      [inMaking, 'messages.compactions', 'session.jsonl'].toSorted(),
    );
    expect(await readdir(path.join(session(), 'messages.compactions'))).toEqual([]);
  },
);

it('what was made after the lock is somebody’s work, whoever made it, and stays', async () => {
  await takeLock();
  // A file system tells times apart from some milliseconds on.
  await systemClock.sleep(20);
  const ofOurThread = ofAnother('session.jsonl');
  const probe = `.write-probe-${randomUUID()}`;
  await writeFile(path.join(session(), ofOurThread), 'now');
  await writeFile(path.join(dataDir, probe), 'now');
  await sweep(true);
  expect(await readdir(session())).toContain(ofOurThread);
  expect(await readdir(dataDir)).toContain(probe);
});

it('without a lock nothing is removed: nobody may say what is old', async () => {
  const name = ofAnother('session.jsonl');
  await writeFile(path.join(session(), name), 'half');
  await sweep(true);
  expect(await readdir(session())).toContain(name);
});
