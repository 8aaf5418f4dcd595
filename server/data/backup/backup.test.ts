import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { extract, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CopyStep } from '../../contract/backups.ts';
import { safeParts } from './archive-format.ts';
import { type CreateBackupOptions, createBackup } from './create-backup.ts';
import { readArchive, readHead } from './read-archive.ts';

let root: string;
let dataDir: string;
let dir: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'backup-'));
  dataDir = path.join(root, 'data');
  dir = path.join(dataDir, 'backups');
  await put('tenants/acme/sessions/ses_1/session.jsonl', '{"type":"init"}\n');
  await put('tenants/acme/sessions/ses_1/messages.jsonl', '{"role":"user"}\n{"role":"assi');
  await put('tenants/acme/sessions/ses_1/tool-results/t1.txt', 'x'.repeat(3_000_000));
  await put('tenants/acme/sessions/.trash-1/session.jsonl', 'gone');
  await put('tenants/acme/index.sqlite', 'index');
  await put('tenants/acme/index.sqlite-wal', 'index');
  await put('sandboxes/acme/ses_1/.hidden/work.py', 'print(1)');
  await put('sandboxes/.pool/x', 'pool');
  await put('incoming/half', 'half');
  await put('agentrail.yaml', 'version: 1\n');
  await put('lock', 'me');
  await put('vault.json', 'SEALED-VALUES');
  await put('vault.key', 'THE-MASTER-KEY');
  await put('api-tokens.json', 'TOKEN-HASHES');
  await put('console-sessions.json', 'cookies');
});
afterEach(() => rm(root, { recursive: true }));

async function put(file: string, content: string): Promise<void> {
  await mkdir(path.dirname(path.join(dataDir, file)), { recursive: true });
  await writeFile(path.join(dataDir, file), content);
}

const backUp = (change: Partial<CreateBackupOptions> = {}) =>
  createBackup({
    ...{ dataDir, dir, version: '1.2.3', now: Date.UTC(2026, 0, 2, 3, 4, 5) },
    includes: { workspaces: false, secrets: false },
    ...change,
  });

async function unpack(file: string): Promise<Map<string, Buffer>> {
  const packed = await readFile(file);
  const tar = extract();
  tar.end(file.endsWith('gz') ? zlib.gunzipSync(packed) : zlib.zstdDecompressSync(packed));
  const files = new Map<string, Buffer>();
  for await (const entry of tar) files.set(entry.header.name, await buffer(entry));
  return files;
}

type Part = {
  name: string;
  content: Buffer | string;
  type?: 'file' | 'symlink' | 'character-device';
  linkname?: string;
};

/** An archive as somebody else would make it. */
async function forge(parts: Part[], name = 'forged.tar.gz'): Promise<string> {
  const tar = pack();
  for (const { name: entry, content, type = 'file', linkname } of parts)
    tar.entry({ name: entry, type, mode: 0o600, ...(linkname !== undefined && { linkname }) }, content as string);
  tar.finalize();
  const file = path.join(root, name);
  await writeFile(file, zlib.gzipSync(await buffer(tar)));
  return file;
}

const sha256 = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');

/** The manifest that belongs to these parts. */
function manifestOf(parts: Part[]): Part {
  const lines = parts.map(({ name, content }) =>
    JSON.stringify({ path: name, sizeBytes: Buffer.byteLength(content), sha256: sha256(content), mode: 0o600 }),
  );
  const text = lines.map((line) => `${line}\n`).join('');
  const data = parts.filter(({ name }) => name.startsWith('data/'));
  const totalBytes = data.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  const end = { end: { files: data.length, totalBytes, sha256: sha256(text) } };
  return { name: 'manifest.jsonl', content: `${text}${JSON.stringify(end)}\n` };
}

const head = (change: object = {}): Part => ({
  name: 'backup.json',
  content: JSON.stringify({
    ...{ format: 'agentrail-backup', version: 1, id: 'a'.repeat(32), createdAt: 1, program: '1.0.0' },
    includes: { workspaces: false, secrets: false },
    ...change,
  }),
});

describe('a backup', () => {
  it.each(['zst', 'gz'] as const)('holds all data and nothing that is made anew or passing (%s)', async (packing) => {
    await symlink('/etc/passwd', path.join(dataDir, 'tenants/acme/link'));
    const report = await backUp({ packing });
    expect(report).toMatchObject({ files: 4, leftOutCount: 0, removed: [] });
    expect(report.name).toMatch(new RegExp(`^agentrail-backup-20260102T030405Z-[0-9a-f]{6}\\.tar\\.${packing}$`));
    const files = await unpack(report.file);
    expect([...files.keys()]).toEqual([
      'backup.json',
      'data/agentrail.yaml',
      'data/tenants/acme/sessions/ses_1/session.jsonl',
      'data/tenants/acme/sessions/ses_1/messages.jsonl',
      'data/tenants/acme/sessions/ses_1/tool-results/t1.txt',
      'manifest.jsonl',
    ]);
    // A line that is being written is not in it.
    expect(files.get('data/tenants/acme/sessions/ses_1/messages.jsonl')?.toString()).toBe('{"role":"user"}\n');
    expect(await readArchive(report.file)).toMatchObject({ files: 4, head: { program: '1.2.3' } });
    expect(await readHead(report.file)).toMatchObject({ includes: { workspaces: false, secrets: false } });
  });

  it('holds workspaces when asked, with what is hidden in them', async () => {
    const report = await backUp({ includes: { workspaces: true, secrets: false } });
    const names = [...(await unpack(report.file)).keys()];
    expect(names).toContain('data/sandboxes/acme/ses_1/.hidden/work.py');
    expect(names.filter((name) => name.includes('.pool'))).toEqual([]);
  });

  it('holds no secret in the clear, and opens sealed ones with the passphrase only', async () => {
    const includes = { workspaces: false, secrets: true };
    await expect(backUp({ includes })).rejects.toMatchObject({ code: 'passphrase_needed' });
    await expect(backUp({ includes, passphrase: 'short' })).rejects.toMatchObject({ code: 'passphrase_too_short' });
    const { file } = await backUp({ includes, passphrase: 'correct horse' });
    const all = Buffer.concat([...(await unpack(file)).values()]).toString('latin1');
    for (const secret of ['SEALED-VALUES', 'THE-MASTER-KEY', 'TOKEN-HASHES'])
      for (const form of [secret, Buffer.from(secret).toString('base64')]) expect(all).not.toContain(form);
    const { secrets } = await readArchive(file, { passphrase: 'correct horse' });
    expect(secrets?.files.map(({ name, data }) => `${name}: ${data}`)).toEqual([
      'api-tokens.json: TOKEN-HASHES',
      'vault.json: SEALED-VALUES',
      'vault.key: THE-MASTER-KEY',
    ]);
    await expect(readArchive(file, { passphrase: 'wrong horse' })).rejects.toMatchObject({ code: 'wrong_passphrase' });
    expect((await readArchive(file)).secrets).toBeUndefined();
  });

  it('tells true progress: bytes that were written, then bytes that were read back', async () => {
    const steps: CopyStep[] = [];
    const { sizeBytes, totalBytes } = await backUp({ onStep: (step) => steps.push(step) });
    const last = (stage: string) => steps.findLast((step) => step.stage === stage);
    expect(last('write')).toMatchObject({ done: totalBytes });
    expect(last('verify')).toEqual({ stage: 'verify', done: sizeBytes, total: sizeBytes, unit: 'bytes' });
    for (const { done, total } of steps) expect(done).toBeLessThanOrEqual(total);
  });

  it.each(['write', 'verify'] as const)('that is aborted during %s leaves nothing', async (stage) => {
    const abort = new AbortController();
    const onStep = (step: CopyStep) => step.stage === stage && abort.abort(new Error('enough'));
    await expect(backUp({ onStep, signal: abort.signal })).rejects.toThrow('enough');
    expect(await readdir(dir)).toEqual([]);
  });

  it('keeps as many as the setting says, the newest, and what is not its own', async () => {
    await put('backups/other.zip', 'zip');
    const names = [];
    for (let day = 1; day <= 4; day += 1) names.push((await backUp({ now: Date.UTC(2026, 0, day), keep: 2 })).name);
    expect(await readdir(dir)).toEqual([...names.slice(2), 'other.zip']);
  });
});

describe('reading a backup', () => {
  it('finds every cut and every changed byte that changes anything', async () => {
    const { file } = await backUp();
    const whole = await readFile(file);
    const content = zlib.zstdDecompressSync(whole);
    const other = path.join(root, 'other.tar.zst');
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.boolean(),
        fc.integer({ min: 1, max: 255 }),
        async (at, cut, by) => {
          const changed = Buffer.from(cut ? whole.subarray(0, at) : whole);
          if (!cut) changed[at] = (changed[at] ?? 0) ^ by;
          await writeFile(other, changed);
          const fault = await readArchive(other).then(
            () => undefined,
            (error: unknown) => error,
          );
          // A few bits of the packing say nothing.
          if (fault === undefined) expect(zlib.zstdDecompressSync(changed).equals(content)).toBe(true);
          else expect(fault).toMatchObject({ code: expect.stringMatching(/^backup_(damaged|unsafe|newer)$/) });
        },
      ),
      { numRuns: 150 },
    );
  });

  it('takes what is whole, and names what is not', async () => {
    const parts = [head(), { name: 'data/a', content: 'aaa' }, { name: 'data/b', content: 'bbb' }];
    const [first, a, b] = parts as [Part, Part, Part];
    const refuses = async (forged: Part[], says: RegExp, code = 'backup_damaged') =>
      expect(readArchive(await forge(forged))).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
    expect(await readArchive(await forge([...parts, manifestOf(parts)]))).toMatchObject({ files: 2, totalBytes: 6 });
    await refuses([first, a, manifestOf(parts)], /"data\/b" is missing/);
    await refuses([first, a, { ...b, content: 'bxb' }, manifestOf(parts)], /"data\/b" has other bytes/);
    await refuses([first, a, { ...b, content: 'bbbb' }, manifestOf(parts)], /"data\/b" has another size/);
    await refuses([...parts, { name: 'data/c', content: '' }, manifestOf(parts)], /does not know "data\/c"/);
    await refuses([...parts, a, manifestOf(parts)], /"data\/a" twice/);
    await refuses(parts, /cut/);
    await refuses([a, b, manifestOf([a, b])], /does not begin/);
    const claims = [head({ includes: { workspaces: false, secrets: true } }), a];
    await refuses([...claims, manifestOf(claims)], /secrets are missing/);
    await refuses([head({ version: 2, program: '9.0.0' })], /9\.0\.0.*newer/, 'backup_newer');
    await refuses([...parts, manifestOf(parts), { name: 'data/z', content: '' }], /after its end/, 'backup_unsafe');
    await writeFile(path.join(root, 'text'), 'no archive at all');
    await expect(readArchive(path.join(root, 'text'))).rejects.toMatchObject({ code: 'backup_damaged' });
    await expect(readArchive(path.join(root, 'none'))).rejects.toMatchObject({ code: 'backup_not_found' });
  });

  it.each([
    '../x',
    'data/../../x',
    'data//x',
    'data/./x',
    '/etc/passwd',
    'data//etc/passwd',
    'other/x',
    'data/',
    'vault.key',
  ])('refuses the name %s', async (name) => {
    const parts = [head(), { name, content: 'x' }];
    const file = await forge([...parts, manifestOf(parts)]);
    await expect(readArchive(file)).rejects.toMatchObject({ code: expect.stringMatching(/^backup_(unsafe|damaged)$/) });
  });

  it.each([
    { name: 'data/x', content: '', type: 'symlink', linkname: '/etc/passwd' },
    { name: 'data/x', content: '', type: 'character-device' },
  ] as Part[])('refuses a $type', async (part) => {
    const parts = [head(), part];
    const file = await forge([...parts, manifestOf(parts)]);
    await expect(readArchive(file)).rejects.toMatchObject({ code: 'backup_unsafe' });
  });

  it('says whose hand changed an archive with secrets, when the passphrase is known', async () => {
    const { file } = await backUp({ includes: { workspaces: false, secrets: true }, passphrase: 'correct horse' });
    const files = await unpack(file);
    const parts = [...files]
      .filter(([name]) => name !== 'manifest.jsonl')
      .map(([name, content]) => ({ name, content }));
    const changed = [...parts.slice(0, 1), { name: 'data/agentrail.yaml', content: 'evil' }, ...parts.slice(2)];
    const forged = await forge([...changed, manifestOf(changed)]);
    await expect(readArchive(forged, { passphrase: 'correct horse' })).rejects.toMatchObject({ code: 'backup_unsafe' });
  });

  it('never gives a name away that leads outside', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('.', '/', 'a', '\\', '\0', ':', ' ') }), (name) => {
        const parts = safeParts(name, 'linux');
        if (parts === undefined) return;
        const at = path.posix.resolve('/root', ...parts);
        expect(at.startsWith('/root/')).toBe(true);
        expect(at).toBe(`/root/${name}`);
      }),
    );
  });
});

it('a file that is appended to all the while is in a backup as far as whole lines reached', async () => {
  const file = path.join(dataDir, 'tenants/acme/sessions/ses_1/messages.jsonl');
  await writeFile(file, '');
  const writing = new AbortController();
  let written = 0;
  const writer = (async () => {
    while (!writing.signal.aborted) {
      const line = `${JSON.stringify({ n: written, text: 'y'.repeat(2000) })}\n`;
      await appendFile(file, line.slice(0, 700));
      await appendFile(file, line.slice(700));
      written += 1;
    }
  })();
  for (let round = 0; round < 5; round += 1) {
    const before = written;
    const report = await backUp({ now: Date.UTC(2026, 0, 2, 0, 0, round) });
    const content =
      (await unpack(report.file)).get('data/tenants/acme/sessions/ses_1/messages.jsonl')?.toString() ?? '';
    const numbers = content
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { n: number }).n);
    expect(numbers).toEqual(numbers.map((_, at) => at));
    expect(numbers.length).toBeGreaterThanOrEqual(before);
  }
  writing.abort();
  await writer;
});
