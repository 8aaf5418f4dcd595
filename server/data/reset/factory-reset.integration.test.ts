import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { askForReset, carryOutReset, nextResetName } from './factory-reset.ts';

const kills = 5;
const fixture = fileURLToPath(new URL('./fixtures/resetter.ts', import.meta.url));
let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'reset-kill-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

async function fill(): Promise<void> {
  for (let n = 0; n < 150; n += 1) {
    const folder = path.join(dataDir, 'tenants', `t${n % 10}`, 'sessions', `ses_${n}`);
    await mkdir(folder, { recursive: true });
    for (const name of ['session.jsonl', 'messages.jsonl', 'NOTES.md']) await writeFile(path.join(folder, name), 'x');
  }
  for (const name of ['vault.json', 'agentrail.yaml', 'api-tokens.json'])
    await writeFile(path.join(dataDir, name), 'x');
  await mkdir(path.join(dataDir, 'backups'), { recursive: true });
  await writeFile(path.join(dataDir, 'backups', 'archive'), 'kept');
}

it(`a factory reset that is killed goes on at the next start, in ${kills} kills at random moments`, async () => {
  let interrupted = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    await fill();
    await askForReset(dataDir, { keepSettings: false, askedAt: 1 });
    const child = spawn(process.execPath, [fixture, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    await once(child.stdout, 'data');
    await systemClock.sleep((kill / kills) * 30);
    child.kill('SIGKILL');
    await closed;
    // As long as anything is left that was to go, the wish is there too.
    const isAsked = existsSync(path.join(dataDir, nextResetName));
    if (isAsked) interrupted += 1;
    else expect(await readdir(dataDir)).toEqual(['backups']);
    expect(await readFile(path.join(dataDir, 'backups', 'archive'), 'utf8')).toBe('kept');
    await carryOutReset(dataDir);
    expect(await readdir(dataDir)).toEqual(['backups']);
  }
  expect(interrupted).toBeGreaterThan(0);
}, 60_000);
