import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { createBackup } from '../backup/create-backup.ts';
import { restoreBackup } from './restore.ts';
import { finishSwap } from './swap.ts';

const run = promisify(execFile);
const kills = 30;
let root: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'restore-disk-'));
});
afterEach(() => rm(root, { recursive: true }));

async function fill(dataDir: string, mark: string): Promise<void> {
  for (let n = 0; n < 30; n += 1) {
    const folder = path.join(dataDir, 'tenants', 'acme', 'sessions', `ses_${mark}_${n}`);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'messages.jsonl'), `${JSON.stringify({ mark, n, text: mark.repeat(3000) })}\n`);
  }
}

/** Resolves when the child says so. */
function saying(child: ChildProcess, word: string): Promise<void> {
  return new Promise((resolve) => {
    child.stdout?.on('data', (text: Buffer) => {
      if (String(text).includes(word)) resolve();
    });
  });
}

/** Returns as soon as the file is there, or `ms` later. Never yields: a swap takes a few milliseconds. */
function watchFor(file: string, ms: number): void {
  const givesUpAt = performance.now() + 5000;
  while (!existsSync(file) && performance.now() < givesUpAt);
  for (const until = performance.now() + ms; performance.now() < until; );
}

/** Names and contents of a whole tree. */
async function digestOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  for (const file of files.toSorted()) hash.update(path.relative(folder, file)).update(await readFile(file));
  return hash.digest('hex');
}

describe('a restore that is killed', () => {
  it(`leaves the old or the new data whole, in ${kills} kills at random moments`, async () => {
    const archives: string[] = [];
    const digests = new Set<string>();
    for (const mark of ['a', 'b']) {
      const from = path.join(root, `from-${mark}`);
      await fill(from, mark);
      digests.add(await digestOf(from));
      const includes = { workspaces: false, secrets: false };
      archives.push((await createBackup({ dataDir: from, dir: root, version: '1', includes, now: 1 })).file);
    }
    const home = path.join(root, 'home');
    const dataDir = path.join(home, 'data');
    await cp(path.join(root, 'from-a'), dataDir, { recursive: true });
    const fixture = fileURLToPath(new URL('./fixtures/restorer.ts', import.meta.url));
    const journal = path.join(home, '.data.swap.json');
    let interrupted = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const child = spawn(process.execPath, [fixture, dataDir, ...archives], { stdio: ['ignore', 'pipe', 'inherit'] });
      const closed = once(child, 'close');
      // Two of three die between the first and the last step of a swap, the others anywhere.
      if (kill % 3 === 0) {
        await saying(child, 'unpacking');
        await systemClock.sleep(Math.random() * 150);
      } else {
        await saying(child, 'swapping');
        watchFor(journal, (kill / kills) * 3);
      }
      child.kill('SIGKILL');
      await closed;
      if (existsSync(journal)) interrupted += 1;
      await finishSwap(dataDir);
      expect(digests).toContain(await digestOf(dataDir));
      // What was put away is whole as well, or already being removed by the one that was killed.
      for (const name of await readdir(home))
        if (name.includes('before')) await rm(path.join(home, name), { recursive: true });
    }
    // However slow the machine, some died in the middle of a swap.
    expect(interrupted).toBeGreaterThan(0);
    await restoreBackup({ dataDir, archive: archives[0] ?? '', now: 1 });
    expect((await readdir(home)).filter((name) => name.includes('.restore-'))).toEqual([]);
  }, 120_000);
});

describe('a small disk', () => {
  let disk: string;
  beforeEach(async () => {
    disk = path.join(root, 'disk');
    await mkdir(disk);
    try {
      await run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]);
    } catch (cause) {
      throw new Error('This suite mounts a small tmpfs: run it as root on Linux, for instance with sudo.', { cause });
    }
  });
  afterEach(() => run('umount', [disk]));

  const noise = () => randomBytes(3_000_000).toString('base64');
  const includes = { workspaces: false, secrets: false };

  it('that gets full ends a backup with a clear code and nothing left on it', async () => {
    const dataDir = path.join(root, 'data');
    await mkdir(dataDir);
    await writeFile(path.join(dataDir, 'noise.txt'), noise());
    await expect(
      createBackup({ dataDir, dir: path.join(disk, 'b'), version: '1', includes, now: 1 }),
    ).rejects.toMatchObject({ code: 'backup_disk_full', status: 503 });
    expect(await readdir(path.join(disk, 'b'))).toEqual([]);
  });

  it('that has no room for the unpacked archive leaves the old data in force', async () => {
    const from = path.join(root, 'from');
    await mkdir(from);
    await writeFile(path.join(from, 'noise.txt'), noise());
    const { file } = await createBackup({ dataDir: from, dir: root, version: '1', includes, now: 1 });
    const dataDir = path.join(disk, 'data');
    await mkdir(dataDir);
    await writeFile(path.join(dataDir, 'mine.txt'), 'mine');
    await expect(restoreBackup({ dataDir, archive: file, now: 1 })).rejects.toMatchObject({
      code: 'restore_disk_full',
    });
    expect(await readFile(path.join(dataDir, 'mine.txt'), 'utf8')).toBe('mine');
    expect(await readdir(disk)).toEqual(['data']);
  });

  it('that is the data directory itself is not swapped', async () => {
    const from = path.join(root, 'from');
    await fill(from, 'a');
    const { file } = await createBackup({ dataDir: from, dir: root, version: '1', includes, now: 1 });
    await expect(restoreBackup({ dataDir: disk, archive: file, now: 1 })).rejects.toMatchObject({
      code: 'restore_mount_point',
    });
  });
});
