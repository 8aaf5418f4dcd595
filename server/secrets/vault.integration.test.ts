import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { silentLogger } from '../telemetry/logger.ts';
import { createSecretsManager } from './create-secrets-manager.ts';

const writer = join(import.meta.dirname, 'fixtures', 'set-values.ts');
const names = ['FIRST_KEY', 'SECOND_KEY', 'THIRD_KEY'];
let dataDir = '';

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'vault-'));
});

afterEach(() => rm(dataDir, { recursive: true }));

interface Progress {
  tried: Map<string, number>;
  stored: Map<string, number>;
}

/** Lets a process write, kills it after so many acknowledged writes and a few milliseconds, and gives what it said. */
async function writeAndKill(args: string[], acknowledged: number, moreMs: number): Promise<Progress> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const progress: Progress = { tried: new Map(), stored: new Map() };
  let count = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, name = '', number] = line.split(' ');
    (word === 'ok' ? progress.stored : progress.tried).set(name, Number(number));
    if (word === 'ok' && ++count === acknowledged) setTimeout(() => child.kill('SIGKILL'), moreMs);
  }
  return progress;
}

test('killed at any moment of writing, the vault opens and holds what was acknowledged or what came next', async () => {
  let first = 1;
  for (let round = 0; round < 20; round++) {
    const { tried, stored } = await writeAndKill([writer, dataDir, String(first)], 1 + (round % 7), Math.random() * 20);
    const manager = await createSecretsManager({
      dataDir,
      environment: () => undefined,
      clock: systemClock,
      logger: silentLogger,
    });
    expect(manager.status()).toEqual({ backend: 'key_file', state: 'unlocked' });
    for (const name of names) {
      const number = Number(manager.reveal(name)?.split(' ')[1] ?? 0);
      expect(number).toBeGreaterThanOrEqual(stored.get(name) ?? 0);
      expect(number).toBeLessThanOrEqual(tried.get(name) ?? first - 1);
    }
    await manager.close();
    first = Math.max(...tried.values()) + 1;
  }
  expect((await readdir(dataDir)).sort()).toEqual(['vault.json', 'vault.key']);
  // No file, finished or half written, ever showed a value.
  for (const name of await readdir(dataDir))
    expect(await readFile(join(dataDir, name), 'latin1')).not.toContain('value ');
});

test('killed while its key moves, the vault opens with the old key or the new one', async () => {
  const mover = join(import.meta.dirname, 'fixtures', 'change-backend.ts');
  const passphrase = 'a passphrase for tests';
  let first = 1;
  for (let round = 0; round < 8; round++) {
    const { tried, stored } = await writeAndKill([mover, dataDir, passphrase, String(first)], 2, round * 60);
    const manager = await createSecretsManager({
      ...{ dataDir, passphrase, environment: () => undefined },
      ...{ clock: systemClock, logger: silentLogger },
    });
    expect(manager.status().state).toBe('unlocked');
    const number = Number(manager.reveal('MY_KEY')?.split(' ')[1] ?? 0);
    expect(number).toBeGreaterThanOrEqual(stored.get('MY_KEY') ?? 0);
    expect(number).toBeLessThanOrEqual(tried.get('MY_KEY') ?? first - 1);
    expect(await manager.care.vault()).toMatchObject({ isOldKeyLeft: false });
    await manager.close();
    first = Math.max(...tried.values()) + 1;
  }
  // A key file that was made for a move that never took place stays for the next one.
  expect((await readdir(dataDir)).filter((name) => !/^vault\.(json|key)$/.test(name))).toEqual([]);
});
