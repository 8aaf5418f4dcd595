import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { carryOut, listRepairs, undoRepair } from './journal.ts';

const run = promisify(execFile);
const fixture = fileURLToPath(new URL('./fixtures/repairer.ts', import.meta.url));
let root: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'doctor-disk-'));
});
afterEach(() => rm(root, { recursive: true }));

it('a repair that is killed in the middle is seen, and undone to the last file', async () => {
  const count = 400;
  await mkdir(path.join(root, 'tenants'));
  for (let n = 0; n < count; n += 1) await writeFile(path.join(root, 'tenants', `file-${n}`), `content ${n}`);
  let middles = 0;
  for (let round = 0; round < 6; round += 1) {
    const child = spawn(process.execPath, [fixture, root, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    const wanted = path.join(root, 'tenants', `file-${round * 40}`);
    await once(child.stdout, 'data');
    while (existsSync(wanted) && child.exitCode === null) await new Promise(setImmediate);
    child.kill('SIGKILL');
    await closed;
    const repairs = await listRepairs(root);
    expect(repairs.length).toBe(round + 1);
    const [latest] = repairs.filter(({ state }) => state !== 'undone');
    if (latest?.state === 'interrupted') middles += 1;
    expect((await undoRepair(latest?.id ?? '', { dataDir: root, now: 1 })).left).toEqual([]);
    const names = await readdir(path.join(root, 'tenants'));
    expect(names.length).toBe(count);
    expect(await readFile(path.join(root, 'tenants', `file-${count - 1}`), 'utf8')).toBe(`content ${count - 1}`);
  }
  expect(middles).toBeGreaterThan(0);
}, 60_000);

const canMount = process.platform === 'linux' && process.getuid?.() === 0;
if (!canMount) console.warn('NOT TESTED: a repair on a full disk. It needs root on Linux, to mount a small tmpfs.');

it.runIf(canMount)('a repair on a full disk changes nothing and says so', async () => {
  await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', root]);
  try {
    await writeFile(path.join(root, 'vault.json'), 'sealed', { mode: 0o644 });
    await writeFile(path.join(root, 'filler'), Buffer.alloc(1024 * 1024)).catch(() => undefined);
    const mode = async () => (await stat(path.join(root, 'vault.json'))).mode & 0o777;
    const before = await mode();
    await expect(
      carryOut('permissions', [{ type: 'mode', path: 'vault.json', from: before, to: 0o600 }], {
        dataDir: root,
        now: 1,
      }),
    ).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(await mode()).toBe(before);
    expect(await listRepairs(root)).toEqual([]);
  } finally {
    await run('umount', [root]);
  }
});
