import { constants } from 'node:fs';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { type AppendFiles, diskFiles } from './append-log.ts';
import { ann, userMessage } from './conformance.ts';
import { createFileSessionStore } from './file-store.ts';
import { createSessionAccess } from './session-access.ts';
import type { SessionFolder } from './session-folder.ts';
import { emptyState, initLine } from './session-state.ts';

let dataDir: string;
let store: ReturnType<typeof createFileSessionStore>;
/** The program has no more files to open, from its messages on. */
let isOut = false;

const files: AppendFiles = {
  ...diskFiles,
  async open(file, flags, mode) {
    const isNew = typeof flags === 'number' && (flags & constants.O_EXCL) !== 0;
    if (isOut && isNew && String(file).endsWith('messages.jsonl')) {
      throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE', syscall: 'open' });
    }
    return diskFiles.open(file, flags, mode);
  },
};
const key = { ...ann, sessionId: 'ses_1' };
const listed = async () => (await store.list({ limit: 10 })).sessions.map(({ sessionId }) => sessionId);

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'half-made-'));
  store = createFileSessionStore({ dataDir, clock: systemClock, logger: silentLogger, files });
});
afterEach(async () => {
  await store.close();
  await rm(dataDir, { recursive: true });
});

it('a session that could not be made whole is not there, neither by its id nor in a list, and can be made later', async () => {
  await store.getOrCreate({ ...ann, sessionId: 'ses_0' }, { agentId: 'default', title: 'before' });
  expect(await listed()).toEqual(['ses_0']);
  isOut = true;
  const making = store.getOrCreate(key, { agentId: 'default', title: 'x' });
  await expect(making).rejects.toMatchObject({ code: 'storage_unavailable' });
  isOut = false;
  await expect(store.get(key)).rejects.toMatchObject({ code: 'session_not_found' });
  expect(await listed()).toEqual(['ses_0']);
  expect(await readdir(path.join(dataDir, 'tenants', ann.tenantId, 'sessions', key.sessionId))).toEqual([]);

  await store.getOrCreate(key, { agentId: 'default', title: 'y' });
  await store.appendMessages(key, [userMessage('now')]);
  expect((await listed()).toSorted()).toEqual(['ses_0', 'ses_1']);
  expect((await store.get(key)).title).toBe('y');
});

it('a session that a disk took away for a moment is looked for again before it counts as gone', async () => {
  const access = createSessionAccess({ dataDir, logger: silentLogger, maxOpenSessions: 10 });
  const line = initLine(key, { agentId: 'default', title: 'x' }, 1);
  await access.inAny(key, (folder) => access.create(folder, line));
  let looks = 0;
  const away = (folder: SessionFolder): SessionFolder => ({
    ...folder,
    state: async () => {
      looks += 1;
      return looks === 1 ? undefined : folder.state();
    },
  });
  const { summary } = await access.inAny(key, (folder) => access.own(key, away(folder)));
  expect([summary.title, looks]).toEqual(['x', 2]);
  const row = await access.index.row(ann.tenantId, key.sessionId);
  expect(row?.sessionId ?? 'no row').toBe(key.sessionId);
  await access.close(async () => undefined);
});

it("a copy whose disk goes away before it is read back is the disk's fault, and no damage", async () => {
  const access = createSessionAccess({ dataDir, logger: silentLogger, maxOpenSessions: 10 });
  const line = initLine(key, { agentId: 'default', title: 'x' }, 1);
  await access.inAny(key, (folder) => access.create(folder, line));
  const other = { ...key, sessionId: 'ses_2' };
  const copied = (state: SessionFolder['state']) =>
    access.inAny(other, (folder) => access.adopt({ ...folder, adopt: async () => emptyState(), state }, 'elsewhere'));
  await rename(path.join(dataDir, 'tenants'), path.join(dataDir, 'away'));
  await expect(copied(async () => undefined)).rejects.toMatchObject({ code: 'storage_unavailable', status: 503 });
  await rename(path.join(dataDir, 'away'), path.join(dataDir, 'tenants'));
  await expect(copied(async () => undefined)).rejects.toMatchObject({ code: 'session_damaged' });
  await access.close(async () => undefined);
});
