import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBuffer } from 'yauzl';
import { configSchema } from '../contract/config.ts';
import { bundleParts } from '../contract/support-bundle.ts';
import { makeDataDir } from '../doctor/testing.test-support.ts';
import { systemClock } from '../lib/clock.ts';
import { createLiveRedactor, createSecretMatcher } from '../secrets/redactor.ts';
import type { BundleSources } from './sources.ts';
import { createSupportBundles } from './support-bundles.ts';

/** Nowhere else in this file in one piece. */
const canary = ['cnry', '7f/Qx+"9\\zzzz', 'end'].join('-');
const unknownKey = ['sk', 'ant-api03-0123456789abcdefABCDEF'].join('-');
const { signal } = new AbortController();

/** Everything that a canary could be written as. */
function formsOfCanary(): string[] {
  const bytes = Buffer.from(canary);
  // Of any place in a longer text: without the characters that its neighbours decide.
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift, 'a'), bytes])
      .toString('base64')
      .slice(shift + 1, -4),
  );
  return [canary, JSON.stringify(canary).slice(1, -1), encodeURIComponent(canary), bytes.toString('base64'), ...base64];
}

async function make(change: Partial<BundleSources> = {}) {
  const dataDir = await makeDataDir();
  const said = [
    canary,
    encodeURIComponent(canary),
    Buffer.from(canary).toString('base64'),
    Buffer.from(`xx${canary}yy`).toString('base64'),
  ].join(' ');
  await mkdir(path.join(dataDir, 'crashes'));
  await mkdir(path.join(dataDir, 'tenants/acme/sessions/ses_1/uploads'), { recursive: true });
  await writeFile(path.join(dataDir, 'tenants/acme/sessions/ses_1/uploads/diagnosis of ann.pdf'), 'private');
  await writeFile(
    path.join(dataDir, 'crashes', 'report.1.json'),
    `{"env":"${said}"}\npostgres://ann:hunter2@db/x\n${unknownKey}\n`,
  );
  const log = (msg: string, seq: number) => ({ seq, time: 1, level: 'info' as const, component: 'run', msg });
  const sources: BundleSources = {
    ...{ dataDir, home: '/home/ann', version: '1.2.3' },
    config: () => ({
      settings: configSchema.parse({}),
      file: '/home/ann/agentrail.yaml',
      values: [
        { path: 'llm.baseUrl', value: `https://x/${said}`, source: 'file' },
        { path: 'mcpServers', value: { a: { command: 'npx', env: { TOKEN: 'plain-words-here' } } }, source: 'file' },
      ],
    }),
    doctor: async () => ({
      state: 'warn',
      checkedAt: 1,
      checks: [{ name: 'docker', title: 'Docker', state: 'warn', evidence: said, durationMs: 1 }],
    }),
    logs: async () => [log(`hello ${said}`, 1), log('nothing to hide', 2), log('second line', 3)],
    problems: () => [{ code: 'x', severity: 'warn', params: { message: said }, page: 'logs' }],
    engine: async () => ({
      engine: { state: 'not_found', tries: [{ endpoint: said, origin: 'x', state: 'not_found' }], checkedAt: 1 },
    }),
    secrets: () => ({ vault: { backend: 'keychain', state: 'unlocked' }, list: [] }),
    async session() {
      return (async function* () {
        yield `{"role":"user","content":"my diagnosis ${JSON.stringify(said).slice(1, -1)}"}\n`;
      })();
    },
    ...change,
  };
  const redactor = createLiveRedactor(() => createSecretMatcher([{ name: 'MY_KEY', value: canary }]));
  return createSupportBundles({ sources, redactor, clock: systemClock });
}

async function unpack(zip: Buffer): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  await new Promise<void>((resolve, reject) => {
    fromBuffer(zip, { lazyEntries: true }, (error, file) => {
      if (error || !file) return reject(error);
      file.on('entry', (entry) => {
        file.openReadStream(entry, (fault, stream) => {
          if (fault || !stream) return reject(fault);
          buffer(stream).then((bytes) => {
            found.set(entry.fileName, bytes.toString());
            file.readEntry();
          }, reject);
        });
      });
      file.on('end', resolve);
      file.readEntry();
    });
  });
  return found;
}

const all = { parts: bundleParts, sessions: [{ tenantId: 'acme', userId: 'ann', sessionId: 'ses_1' }], signal };

describe('a support bundle', () => {
  it('holds no secret in any byte, in no form, and nothing that looks like one', async () => {
    const bundles = await make();
    const { id, files, left } = await bundles.gather(all);
    expect(left).toEqual([]);
    expect(files.map(({ part }) => part)).toEqual([...bundleParts]);
    const zip = await buffer(bundles.pack(id, []));
    const unpacked = await unpack(zip);
    expect([...unpacked.keys()]).toEqual(files.map(({ name }) => name));
    const everything = [zip.toString('latin1'), ...unpacked.keys(), ...unpacked.values()].join('\n');
    for (const form of formsOfCanary()) expect(everything, form).not.toContain(form);
    for (const other of [unknownKey, 'hunter2', 'plain-words-here', '/home/ann'])
      expect(everything).not.toContain(other);
    expect(unpacked.get('crashes/report.1.json.txt')).toContain('postgres://ann:[redacted credential]@db/x');
    // The canary was there to be found.
    expect(everything.split('[redacted MY_KEY]').length).toBeGreaterThan(15);
  });

  it('has no content of sessions and no names of files in them, unless that is chosen', async () => {
    const bundles = await make();
    const { id } = await bundles.gather({ ...all, parts: bundleParts.filter((part) => part !== 'sessions') });
    const everything = [...(await unpack(await buffer(bundles.pack(id, [])))).values()].join('\n');
    expect(everything).not.toContain('diagnosis');
    expect(everything).toContain('tenants/acme/');
    const chosen = await bundles.gather({ ...all, parts: ['sessions'] });
    expect([...(await unpack(await buffer(bundles.pack(chosen.id, [])))).values()].join()).toContain('my diagnosis');
  });

  it('shows the very lines that are packed, finds some, and tells which were redacted', async () => {
    const bundles = await make();
    const { id } = await bundles.gather({ parts: ['logs'], signal });
    const file = 'logs.ndjson';
    const shown = bundles.lines(id, { file, from: 0, count: 10 });
    const packed = (await unpack(await buffer(bundles.pack(id, [])))).get(file);
    expect(shown.lines.map(({ text }) => `${text}\n`).join('')).toBe(packed);
    expect(shown.lines.map(({ isRedacted }) => isRedacted)).toEqual([true, false, false]);
    expect(bundles.lines(id, { file, from: 0, count: 10, text: 'SECOND' })).toMatchObject({
      total: 1,
      lines: [{ number: 3 }],
    });
    expect(bundles.lines(id, { file, from: 0, count: 10, redactedOnly: true })).toMatchObject({ total: 1 });
    expect(bundles.lines(id, { file, from: 1, count: 1 })).toMatchObject({ total: 3, lines: [{ number: 2 }] });
  });

  it('takes more out by hand, leaves files out, and takes a mask back', async () => {
    const bundles = await make();
    const { id } = await bundles.gather({ parts: ['logs', 'program'], signal });
    const { files } = bundles.mask(id, ['Nothing to HIDE']);
    expect(files.find(({ part }) => part === 'logs')?.redactions).toBeGreaterThan(1);
    const unpacked = await unpack(await buffer(bundles.pack(id, ['program.json'])));
    expect([...unpacked.keys()]).toEqual(['logs.ndjson']);
    expect(unpacked.get('logs.ndjson')).toContain('[redacted by hand]');
    bundles.mask(id, []);
    expect((await unpack(await buffer(bundles.pack(id, [])))).get('logs.ndjson')).toContain('nothing to hide');
  });

  it('tells what could not be had and goes on without it', async () => {
    const bundles = await make({ logs: () => Promise.reject(new Error(`broken ${canary}`)) });
    const { files, left } = await bundles.gather({ parts: ['logs', 'program'], signal });
    expect(files.map(({ name }) => name)).toEqual(['program.json']);
    expect(left).toEqual([{ part: 'logs', reason: 'broken [redacted MY_KEY]' }]);
  });

  it('is kept until the next but one, and then no longer found', async () => {
    const bundles = await make();
    const first = await bundles.gather({ parts: ['program'], signal });
    await bundles.gather({ parts: ['program'], signal });
    expect(bundles.preview(first.id).files).toHaveLength(1);
    await bundles.gather({ parts: ['program'], signal });
    expect(() => bundles.preview(first.id)).toThrow('Gather it again');
  });

  it('masks any text that a person names, wherever it stands and whatever characters it has', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .string({ minLength: 3, maxLength: 20 })
          .filter((text) => !/[\n\r]/.test(text) && text.trim() === text && !'[redacted by hand]'.includes(text)),
        async (text) => {
          const bundles = await make({
            logs: async () => [{ seq: 1, time: 1, level: 'info', component: 'x', msg: text }],
          });
          const { id } = await bundles.gather({ parts: ['logs'], signal });
          const written = JSON.stringify(text).slice(1, -1);
          bundles.mask(id, [written]);
          const [line] = bundles.lines(id, { file: 'logs.ndjson', from: 0, count: 1 }).lines;
          expect(line?.text.replaceAll('[redacted by hand]', '').toLowerCase()).not.toContain(written.toLowerCase());
        },
      ),
      { numRuns: 40 },
    );
  });
});
