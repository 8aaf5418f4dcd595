import { execFile } from 'node:child_process';
import { link, lstat, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkspaceNews } from '../../contract/workspace-files.ts';
import { comesTrue, openRealSandboxes, type RealSandboxes } from '../real-sandboxes.ts';
import { createWorkspaceFiles, type WorkspaceFiles } from './workspace-files.ts';

const run = promisify(execFile);
const never = new AbortController().signal;
let real: RealSandboxes;
let files: WorkspaceFiles;

beforeAll(async () => {
  real = await openRealSandboxes({ memory: '256m' });
  files = createWorkspaceFiles({ dataDir: real.dataDir, sandboxes: real.manager });
});
afterAll(() => real.close());

const ownerOf = (sessionId: string) => ({ tenantId: 'acme', sessionId });
const folderOf = (sessionId: string) => join(real.dataDir, 'sandboxes', 'acme', sessionId);

async function* pieces(text: string | Buffer, size = 65_536) {
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function all(body: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The same promises, whoever has the files. */
describe.each(['sandbox', 'folder'] as const)('files of a %s', (from) => {
  const owner = ownerOf(`ses_${from}`);
  const inside = folderOf;

  beforeAll(async () => {
    const opened = await real.manager.acquire(owner);
    await opened.exec({
      command: {
        shell:
          'mkdir -p src; echo hello > src/a.txt; ln -s /etc/passwd leak; ln -s / root; ln -s src inner; mkfifo pipe; touch "空 格.txt"; mkdir closed; chmod 0 closed',
      },
    });
    if (from === 'folder') await real.manager.destroy(opened.info.id);
  });

  const put = (path: string, text: string | Buffer) =>
    files.store(owner, path, Buffer.byteLength(text as string), pieces(text), never);
  const get = async (path: string) => (await all((await files.fetch(owner, path, never)).body)).toString();

  it('lists one folder, with links as links', async () => {
    const listing = await files.list(owner, '', never);
    expect(listing.from).toBe(from);
    expect(listing.entries.map(({ name, type }) => `${type} ${name}`)).toEqual(
      expect.arrayContaining(['directory src', 'symlink leak', 'symlink root', 'other pipe', 'file 空 格.txt']),
    );
    expect((await files.list(owner, 'src', never)).entries).toMatchObject([
      { name: 'a.txt', type: 'file', sizeBytes: 6 },
    ]);
  });

  it('writes and reads, with a sensible owner on this machine', async () => {
    await put('new/deep/b.txt', '你好');
    expect(await get('new/deep/b.txt')).toBe('你好');
    const made = await stat(join(inside(owner.sessionId), 'new/deep/b.txt'));
    expect([made.uid, made.mode & 0o777]).toEqual([process.getuid?.() === 0 ? 1000 : process.getuid?.(), 0o644]);
    expect((await stat(join(inside(owner.sessionId), 'new'))).uid).toBe(made.uid);
  });

  it('carries what is large as it comes', async () => {
    const large = Buffer.alloc(30_000_000, 'abcdefg');
    await files.store(owner, 'large.bin', large.length, pieces(large), never);
    expect((await all((await files.fetch(owner, 'large.bin', never)).body)).equals(large)).toBe(true);
  });

  it('leaves the old file when an upload ends early', async () => {
    await put('kept.txt', 'old');
    await expect(files.store(owner, 'kept.txt', 100, pieces('new'), never)).rejects.toMatchObject({
      code: 'interrupted',
    });
    async function* broken() {
      yield Buffer.from('half');
      throw new Error('the line broke');
    }
    await expect(files.store(owner, 'kept.txt', 100, broken(), never)).rejects.toThrow('the line broke');
    expect(await get('kept.txt')).toBe('old');
    expect((await files.list(owner, '', never)).entries.filter(({ name }) => name.startsWith('.agentrail-'))).toEqual(
      [],
    );
  });

  it('makes, renames and removes, never over something and never through a link', async () => {
    await files.makeFolder(owner, 'made', never);
    await expect(files.makeFolder(owner, 'made', never)).rejects.toMatchObject({ code: 'file_exists', status: 409 });
    await put('made/x', 'x');
    await expect(files.rename(owner, 'made/x', 'src/a.txt', never)).rejects.toMatchObject({ code: 'file_exists' });
    await files.rename(owner, 'made/x', 'made/y', never);
    expect(await get('made/y')).toBe('x');
    await files.remove(owner, 'made', never);
    await files.remove(owner, 'inner', never);
    expect(await get('src/a.txt')).toBe('hello\n');
    await expect(files.remove(owner, 'made', never)).rejects.toMatchObject({ code: 'file_not_found', status: 404 });
    await expect(files.remove(owner, '', never)).rejects.toMatchObject({ code: 'invalid_path' });
  });

  it.each([
    'leak',
    'root/etc/passwd',
    'root',
    'pipe',
    '../../../etc/passwd',
    '/etc/passwd',
    'src/../../x',
    'a\0b',
    'src',
  ])('opens nothing at %j', async (path) => {
    const fault = await files.fetch(owner, path, never).then(
      async ({ body }) => all(body).then(() => 'read'),
      (error: { code?: string }) => error.code,
    );
    expect(['path_outside_workspace', 'file_not_found', 'not_a_file', 'is_directory']).toContain(fault);
  });

  it.each(['root/tmp/x', '../x', '/tmp/x', 'src/../../x'])('writes nothing at %j', async (path) => {
    await expect(put(path, 'x')).rejects.toMatchObject({
      code: expect.stringMatching(/path_outside|not_found|denied/),
    });
    await expect(files.rename(owner, 'src/a.txt', path, never)).rejects.toMatchObject({ code: expect.any(String) });
    await expect(files.makeFolder(owner, path, never)).rejects.toMatchObject({ code: expect.any(String) });
  });

  it('packs a folder that any zip program opens, links as links', async () => {
    const file = join(real.dataDir, `${from}.zip`);
    await writeFile(file, await all(await files.zip(owner, '', never)));
    const { stdout } = await run('python3', [
      '-c',
      `import zipfile,sys
z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None
print(sorted(z.namelist())); print(z.read('src/a.txt'), z.read('leak'), z.read('空 格.txt'))`,
      file,
    ]);
    expect(stdout).toContain("'src/', 'src/a.txt'");
    expect(stdout).toContain("b'hello\\n' b'/etc/passwd' b''");
    expect(stdout).not.toContain('pipe');
  });

  it('tells what changed since the session began', async () => {
    await put('src/a.txt', 'hello\nworld\n');
    const { changes, since, isWhole } = await files.changes(owner, never);
    expect(since).toBeGreaterThan(0);
    expect(isWhole).toBe(true);
    expect(changes.find(({ path }) => path === 'src/a.txt')).toMatchObject({ change: 'added', sizeBytes: 12 });
    const { patch } = await files.difference(owner, 'src/a.txt', never);
    expect(patch).toContain('--- /dev/null');
    expect(patch).toContain('+hello\n+world\n');
    expect(await files.difference(owner, 'leak', never)).toEqual({ path: 'leak', reason: 'not_a_file' });
    await put('blob', Buffer.from([0, 1, 2]));
    expect(await files.difference(owner, 'blob', never)).toEqual({ path: 'blob', reason: 'binary' });
  });
});

describe('whoever follows a workspace', () => {
  it('is told of changes by inotify, new folders too, without counting as use', async () => {
    const owner = ownerOf('ses_watch');
    const sandbox = await real.manager.acquire(owner);
    const left = new AbortController();
    const news: WorkspaceNews[] = [];
    const watching = files.watch(owner, (each) => news.push(each), left.signal);
    expect(await comesTrue(async () => news.some(({ type }) => type === 'ready'))).toBe(true);
    expect(news[0]).toEqual({ type: 'ready', by: 'inotify' });
    expect(sandbox.info.state).not.toBe('busy');
    await sandbox.exec({ command: { shell: 'mkdir -p seen/deep; sleep 0.3; echo x > seen/deep/file' } });
    const paths = () => news.flatMap((each) => (each.type === 'changed' ? each.paths : []));
    expect(await comesTrue(async () => paths().includes('seen/deep/file'))).toBe(true);
    left.abort();
    await watching;
  });
});

describe('a start that was not empty', () => {
  it('is compared by content, whatever times say', async () => {
    const owner = ownerOf('ses_start');
    await mkdir(join(folderOf('ses_start'), 'docs'), { recursive: true });
    for (const [name, text] of [
      ['same', 'same'],
      ['docs/edited', 'one\ntwo\nthree\n'],
      ['forged', 'aaaa'],
      ['gone', 'x'],
    ] as const)
      await writeFile(join(folderOf('ses_start'), name), text);
    await run('chown', ['-R', '1000:1000', folderOf('ses_start')]);
    const sandbox = await real.manager.acquire(owner);
    await sandbox.exec({
      command: {
        shell:
          'sed -i s/two/2/ docs/edited; touch -r forged ref; echo -n bbbb > forged; touch -r ref forged; rm gone ref; touch same; echo n > new',
      },
    });
    const expected = ['changed docs/edited', 'changed forged', 'removed gone', 'added new'];
    const told = async () => (await files.changes(owner, never)).changes.map(({ change, path }) => `${change} ${path}`);
    expect(await told()).toEqual(expected);
    expect((await files.difference(owner, 'docs/edited', never)).patch).toContain('-two\n+2\n three');
    await real.manager.destroy(sandbox.info.id);
    expect(await told()).toEqual(expected);
    expect((await files.difference(owner, 'gone', never)).patch).toContain('+++ /dev/null');
  });
});

describe('a workspace that works against us', () => {
  it('exchanges folders for links while they are used, and gets nothing out', async () => {
    const owner = ownerOf('ses_swap');
    const sandbox = await real.manager.acquire(owner);
    const secret = join(real.dataDir, 'secret');
    await mkdir(secret);
    await writeFile(join(secret, 'f'), 'of this machine');
    const loop =
      'mkdir -p real; echo inside > real/f; while :; do ln -sfn /etc d; rm -f d; cp -r real d 2>/dev/null; rm -rf d; ln -s "$0" d; rm -f d; done';
    const stop = new AbortController();
    const swapping = sandbox.exec({ command: ['bash', '-c', loop, secret], signal: stop.signal, timeoutMs: 60_000 });
    const seen = new Set<string>();
    for (let round = 0; round < 60; round += 1) {
      const text = await files
        .fetch(owner, 'd/f', never)
        .then(({ body }) => all(body))
        .then(
          (bytes) => bytes.toString().trim(),
          (fault: { code: string }) => fault.code,
        );
      seen.add(text);
      await files.remove(owner, 'd/f', never).catch(() => undefined);
    }
    stop.abort();
    await swapping;
    for (const text of seen)
      expect(['inside', '', 'file_not_found', 'path_outside_workspace', 'permission_denied', 'interrupted']).toContain(
        text,
      );
    expect(await readFile(join(secret, 'f'), 'utf8')).toBe('of this machine');
  });

  it('cannot lend a link, a hard link or a device of this machine', async () => {
    const owner = ownerOf('ses_lend');
    const sandbox = await real.manager.acquire(owner);
    const denied = await sandbox.exec({ command: { shell: 'ln /etc/shadow hard; mknod dev c 1 5; ls' } });
    expect(Buffer.from(denied.stdout).toString()).toBe('');
    await real.manager.destroy(sandbox.info.id);
    const outside = join(real.dataDir, 'outside.txt');
    await writeFile(outside, 'outside', { mode: 0o600 });
    await symlink(real.dataDir, join(folderOf('ses_lend'), 'up'));
    await expect(files.fetch(owner, 'up/outside.txt', never)).rejects.toMatchObject({ code: expect.any(String) });
    await expect(files.remove(owner, 'up/outside.txt', never)).rejects.toMatchObject({ code: expect.any(String) });
    await files.remove(owner, 'up', never);
    expect(await readFile(outside, 'utf8')).toBe('outside');
    await link(outside, join(folderOf('ses_lend'), 'twin'));
    await files.store(owner, 'twin', 3, pieces('new'), never);
    expect(await readFile(outside, 'utf8')).toBe('outside');
    expect((await lstat(outside)).nlink).toBe(1);
    await rm(outside);
  });
});
