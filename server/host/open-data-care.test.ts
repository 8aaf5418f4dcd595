import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RunManager } from '../agent/runs.ts';
import type { Backups } from '../data/backup/backups.ts';
import { createDiskMeter } from '../data/disk.ts';
import { AppError } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import { ann, userMessage } from '../sessions/conformance.ts';
import { createFileSessionStore } from '../sessions/file-store.ts';
import type { AgentrailSessionStore } from '../sessions/store.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { openDataCare } from './open-data-care.ts';
import type { Foundation } from './open-foundation.ts';

let dataDir: string;
let sessions: AgentrailSessionStore;
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'care-'));
  sessions = createFileSessionStore({ dataDir, logger: silentLogger, clock: systemClock });
  await sessions.getOrCreate(ann, { agentId: 'default', title: 'Care' });
  await sessions.appendMessages(ann, [userMessage('one')]);
});
afterEach(async () => {
  await sessions.close();
  await rm(dataDir, { recursive: true });
});

function open(isRunning: boolean) {
  const hold = async () => {
    if (isRunning) throw new AppError('session_busy', 'A run is going on.', { status: 409 });
    return () => undefined;
  };
  return openDataCare({ dataDir, clock: systemClock, logger: silentLogger } as Foundation, {
    ...{ sessions, backups: {} as Backups, disk: createDiskMeter({ dataDir, clock: systemClock }) },
    runs: () => ({ hold }) as unknown as RunManager,
  });
}

async function scanned(care: ReturnType<typeof open>) {
  return Array.fromAsync(care.scan({ onStep: () => undefined, signal: new AbortController().signal }));
}

it('damage is taken out while the store has the file open, and what is appended then is kept', async () => {
  const file = path.join(dataDir, 'tenants', ann.tenantId, 'sessions', ann.sessionId, 'messages.jsonl');
  await writeFile(file, `garbage\n${await readFile(file, 'utf8')}`);
  const busy = open(true);
  const findings = await scanned(busy);
  expect(findings).toMatchObject([{ kind: 'alien_line', line: 1 }]);
  expect(await busy.quarantine(findings)).toMatchObject({ quarantined: 0, left: [{ line: 1 }] });
  const care = open(false);
  const { id, quarantined } = await care.quarantine(findings);
  expect(quarantined).toBe(1);
  await sessions.appendMessages(ann, [userMessage('two')]);
  expect(await sessions.loadMessages(ann)).toMatchObject({
    messages: [{ content: 'one' }, { content: 'two' }],
    skippedLines: 0,
  });
  await care.putBack(id);
  await sessions.appendMessages(ann, [userMessage('three')]);
  expect(await sessions.loadMessages(ann)).toMatchObject({
    messages: [{ content: 'one' }, { content: 'two' }, { content: 'three' }],
    skippedLines: 1,
  });
  expect(await scanned(care)).toHaveLength(1);
});
