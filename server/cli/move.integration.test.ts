import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { ann, userMessage } from '../sessions/conformance.ts';
import { createFileSessionStore } from '../sessions/file-store.ts';
import { makePostgresCluster, type PostgresCluster } from '../sessions/postgres/fixtures/postgres-cluster.ts';
import { silentLogger } from '../telemetry/logger.ts';

const compiled = process.env.NODE_COMPILE_CACHE ?? '';

let cluster: PostgresCluster;
let dataDir: string;
beforeAll(async () => {
  cluster = await makePostgresCluster();
  dataDir = await mkdtemp(path.join(tmpdir(), 'move-'));
});
afterAll(async () => {
  await cluster.remove();
  await rm(dataDir, { recursive: true });
});

/** The real command; its exit code and what it printed. */
function agentrail(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  const main = path.join(import.meta.dirname, 'main.ts');
  const options = { env: { PATH: '/usr/bin:/bin', HOME: dataDir, NODE_COMPILE_CACHE: compiled, ...env } };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args, '--data-dir', dataDir], options, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });
}

it('moves the sessions of a data directory into a database and back', async () => {
  const files = () => createFileSessionStore({ dataDir, clock: systemClock, logger: silentLogger });
  const store = files();
  await store.getOrCreate(ann, { agentId: 'default', title: 'First words' });
  await store.appendMessages(ann, [userMessage('one'), userMessage('two')]);
  await store.close();
  const env = { DATABASE_URL: cluster.url };

  expect(await agentrail(['sessions', 'move', '--to-database'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('DATABASE_URL is not set'),
  });
  expect(await agentrail(['sessions', 'move'], env)).toMatchObject({
    code: 1,
    err: expect.stringContaining('Say where'),
  });
  const copied = await agentrail(['sessions', 'move', '--to-database', '--json'], env);
  expect(JSON.parse(copied.out)).toEqual({ moved: 1, same: 0, dropped: 0, different: [], left: [] });
  const again = await agentrail(['sessions', 'move', '--to-database', '--delete-moved'], env);
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining('0 copied, 1 were there already, 1 deleted') });
  expect(await readdir(path.join(dataDir, 'tenants/acme/sessions'))).toEqual([]);

  await mkdir(path.join(dataDir, 'tenants'), { recursive: true });
  const back = await agentrail(['sessions', 'move', '--to-files', '--tenant', 'acme', '--delete-moved'], env);
  expect(back).toMatchObject({ code: 0, out: expect.stringContaining('1 copied') });
  const reopened = files();
  expect((await reopened.loadMessages(ann)).messages).toEqual([userMessage('one'), userMessage('two')]);
  await reopened.close();
  expect(await cluster.sql('SELECT * FROM agentrail.sessions')).toEqual([]);
  for (const { out, err } of [copied, again, back]) expect(out + err).not.toContain(cluster.password);
});
