import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fromBuffer } from 'yauzl';
import { systemClock } from '../../lib/clock.ts';
import { saveWorkspace } from '../../sandbox/save-workspace.ts';
import { createWorkspaceUploads } from '../../sandbox/workspace-uploads.ts';
import { type Abused, abusedSession, openAbused } from './abused.ts';

let abused: Abused;
let secret: string;
beforeAll(async () => {
  abused = await openAbused();
  secret = path.join(abused.real.dataDir, 'secret.txt');
  await writeFile(secret, 'of this machine');
});
afterEach(async () => {
  expect(await abused.harm()).toEqual([]);
  expect(await readFile(secret, 'utf8')).toBe('of this machine');
});
afterAll(async () => {
  expect(await abused.close()).toEqual([]);
});

describe('links', () => {
  it('a race between a folder and a link to elsewhere never makes a write land outside', async () => {
    const { bashId } = (
      await abused.tool('Bash', {
        command:
          'mkdir -p real; while :; do ln -sfn real race; ln -sfn /home/agent race; ln -sfn /proc/self/root/etc race; done',
        run_in_background: true,
      })
    ).details as { bashId: string };
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, at) =>
        abused.tool('Write', { file_path: `race/file${at}`, content: 'x' }).then(
          () => 'written',
          (fault: { code: string }) => fault.code,
        ),
      ),
    );
    await abused.tool('KillShell', { shell_id: bashId });
    expect(
      outcomes.every((each) =>
        [
          'written',
          'path_outside_workspace',
          'file_not_found',
          'permission_denied',
          'file_failed',
          'is_directory',
        ].includes(each),
      ),
    ).toBe(true);
    expect(
      await abused.bash('rm -rf race real; ls -A /home/agent | grep file; ls /etc | grep -c "^file[0-9]"; true'),
    ).toBe('0');
  });

  it('an upload while no container runs is not led astray by what commands left', async () => {
    await abused.bash('rm -rf uploads; ln -s ../../.. uploads');
    await abused.real.manager.destroy((await abused.sandbox()).info.id);
    const uploads = createWorkspaceUploads({ dataDir: abused.real.dataDir, sandboxes: abused.real.manager });
    await expect(uploads.put(abusedSession, 'secret.txt', Buffer.from('theirs'))).rejects.toMatchObject({
      code: 'uploads_blocked',
    });
    await abused.bash('rm uploads; mkdir uploads; ln -s ../../../../secret.txt uploads/new.txt');
    await abused.real.manager.destroy((await abused.sandbox()).info.id);
    await expect(uploads.put(abusedSession, 'new.txt', Buffer.from('theirs'))).rejects.toThrow();
    await abused.bash('rm -rf uploads');
  });

  it('a second name for a file of another one is refused by the kernel, and a workspace cannot be left by it', async () => {
    expect(
      await abused.bash('ln /etc/passwd mine 2>&1; ln /etc/shadow /tmp/mine 2>&1; ls mine /tmp/mine 2>/dev/null; true'),
    ).not.toMatch(/^mine$|^\/tmp\/mine$/m);
  });
});

describe('names', () => {
  it.each([
    ['255 bytes', 'x'.repeat(255)],
    ['newlines and escapes', 'a\nb\u001b[31mc\rd'],
    ['letters that go the other way', '\u202Egnp.exe'],
    ['a backslash way up', '..\\..\\up'],
    ['what looks like a flag', '--help'],
  ])('%s: is written, listed, found and read as it is', async (_, name) => {
    const file_path = `names/${name}`;
    await abused.tool('Write', { file_path, content: 'needle' });
    const sandbox = await abused.sandbox();
    expect(Buffer.from(await sandbox.readFile(file_path)).toString()).toBe('needle');
    expect((await sandbox.glob('names/*', { limit: 9 })).paths).toEqual([file_path]);
    expect((await sandbox.grep({ pattern: 'needle', path: 'names', limit: 9 })).matches).toMatchObject([
      { path: file_path },
    ]);
    await abused.bash('rm -rf names');
  });

  it('one that is no text does not keep others from being listed and searched', async () => {
    await abused.bash(
      `mkdir names; touch "$(printf 'names/bad\\377')"; echo needle > "$(printf 'names/worse\\376')"; echo needle > names/good`,
    );
    const sandbox = await abused.sandbox();
    const { paths } = await sandbox.glob('names/*', { limit: 9 });
    expect(paths).toContain('names/good');
    expect(
      (await sandbox.grep({ pattern: 'needle', path: 'names', limit: 9 })).matches.map((match) => match.path),
    ).toContain('names/good');
    await abused.bash('rm -rf names');
  });
});

it('a write that is cut by the end of its sandbox leaves the old file, or the new one, and no half one under any name', async () => {
  for (const delayMs of [0, 2, 5, 10, 20, 40]) {
    const sandbox = await abused.sandbox();
    await sandbox.writeFile('cut', Buffer.from('old'));
    const cut = sandbox.writeFile('cut', Buffer.alloc(8_000_000, 'n')).then(
      () => 'written',
      () => 'cut',
    );
    await systemClock.sleep(delayMs);
    await abused.real.engine.remove(sandbox.info.id);
    const [outcome, names] = [await cut, await readdir(abused.workspace)];
    expect(names.filter((name) => name.startsWith('.agentrail-'))).toEqual([]);
    const { size } = await stat(path.join(abused.workspace, 'cut'));
    expect(outcome === 'written' ? [8_000_000] : [3, 8_000_000]).toContain(size);
  }
});

it('a workspace that is saved keeps links as links, names apart, and nothing of this machine', async () => {
  await abused.bash(`rm -rf *; echo mine > file; ln file again; ln -s /etc/shadow out; ln -s ../../secret.txt up; ln -s . round; mkfifo pipe
    echo one > 'a\\b'; mkdir a; echo two > a/b; touch "$(printf 'bad\\377')" 'C:drive' '..\\..\\over'; mkdir -p empty/below`);
  await symlink(secret, path.join(abused.workspace, 'host'));
  const file = path.join(abused.real.dataDir, 'saved.zip');
  await saveWorkspace(abused.workspace, file);
  const entries = await readZip(await readFile(file));
  expect(Object.fromEntries(entries)).toEqual({
    file: 'mine\n',
    again: 'mine\n',
    out: '/etc/shadow',
    up: '../../secret.txt',
    host: secret,
    round: '.',
    'a%5Cb': 'one\n',
    'a/b': 'two\n',
    'bad%FF': '',
    'C%3Adrive': '',
    '..%5C..%5Cover': '',
    'a/': '',
    'empty/': '',
    'empty/below/': '',
  });
});

async function readZip(bytes: Buffer): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  await new Promise<void>((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true, strictFileNames: true }, (fault, zip) => {
      if (fault) return reject(fault);
      zip.on('entry', (entry) => {
        zip.openReadStream(entry, (problem, stream) => {
          if (problem) return reject(problem);
          Readable.from(stream)
            .toArray()
            .then((parts: Buffer[]) => {
              found.set(entry.fileName, Buffer.concat(parts).toString('utf8'));
              zip.readEntry();
            }, reject);
        });
      });
      zip.on('end', resolve);
      zip.on('error', reject);
      zip.readEntry();
    });
  });
  return found;
}
