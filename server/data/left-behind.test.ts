import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { silentLogger } from '../telemetry/logger.ts';
import { removeLeftBehind } from './left-behind.ts';
import { ownIdentity } from './process-identity.ts';
import { temporaryName } from './temporary-name.ts';

it('what a killed owner left half made goes; what is whole, being made or of a living process stays', async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'left-behind-'));
  const session = path.join(dataDir, 'tenants/acme/sessions/ses_1');
  const inMaking = temporaryName('session.jsonl');
  const gone = [`.vault.json.0a1b2c3d-${randomUUID()}.tmp`, `.write-probe-${randomUUID()}`, `lock.${randomUUID()}.tmp`];
  const kept = ['agentrail.yaml', '.env.tmp', `lock.${randomUUID()}.living.tmp`];
  await mkdir(path.join(session, 'messages.compactions'), { recursive: true });
  await mkdir(path.join(dataDir, 'tenants/acme/sessions', `.ses_2.0a1b2c3d-${randomUUID()}.tmp`, 'tool-results'), {
    recursive: true,
  });
  for (const name of [...gone, ...kept]) await writeFile(path.join(dataDir, name), '{}');
  await writeFile(path.join(dataDir, gone[2] ?? ''), JSON.stringify({ pid: 2 ** 22 + 1, startTime: 'x' }));
  await writeFile(path.join(dataDir, kept[2] ?? ''), JSON.stringify(await ownIdentity()));
  await writeFile(path.join(session, `.NOTES.md.${randomUUID()}.tmp`), 'half');
  await writeFile(path.join(session, 'messages.compactions', `.0001.jsonl.0a1b2c3d-${randomUUID()}.tmp`), 'half');
  await writeFile(path.join(session, inMaking), 'now');
  await writeFile(path.join(session, 'session.jsonl'), 'whole');

  await removeLeftBehind(dataDir, silentLogger, new AbortController().signal);
  expect((await readdir(dataDir)).toSorted()).toEqual([...kept, 'tenants'].toSorted());
  expect(await readdir(path.dirname(session))).toEqual(['ses_1']);
  expect((await readdir(session)).toSorted()).toEqual([inMaking, 'messages.compactions', 'session.jsonl'].toSorted());
  expect(await readdir(path.join(session, 'messages.compactions'))).toEqual([]);
  await rm(dataDir, { recursive: true });
});
