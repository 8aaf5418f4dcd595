import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IntegrityFinding } from '../contract/doctor.ts';
import { listQuarantine, putBack, quarantine } from '../data/integrity/quarantine.ts';
import { type ScanOptions, scanIntegrity } from '../data/integrity/scan.ts';
import { lineJudgeFor } from './line-rules.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
let dataDir: string;
const at = (...parts: string[]) => path.join(dataDir, ...parts);
const session = 'tenants/acme/sessions/ses_1';
const init = JSON.stringify({
  ...{ type: 'init', sessionId: 'ses_1', tenantId: 'acme', userId: 'ann', agentId: 'default', createdAt: 1 },
});
const message = (n: number) => JSON.stringify({ role: 'user', content: `message ${n}`, timestamp: n });

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'integrity-'));
  await put(`${session}/session.jsonl`, `${init}\n`);
  await put(`${session}/messages.jsonl`, `${message(1)}\n${message(2)}\n`);
});
afterEach(() => rm(dataDir, { recursive: true }));

async function put(file: string, content: string): Promise<void> {
  await mkdir(path.dirname(at(file)), { recursive: true });
  await writeFile(at(file), content);
}

async function scan(change: Partial<ScanOptions> = {}): Promise<IntegrityFinding[]> {
  const found: IntegrityFinding[] = [];
  for await (const finding of scanIntegrity({ dataDir, judgeFor: lineJudgeFor, ...change })) found.push(finding);
  return found;
}
const short = (found: IntegrityFinding[]) =>
  found.map(({ kind, path: file, line }) => [kind, file, line].filter(Boolean).join(' '));
const read = (file: string) => readFile(at(file), 'utf8');

describe('a look through all that is kept', () => {
  it('finds nothing where nothing is wrong', async () => {
    await put(`${session}/trace/events.jsonl`, '{"runId":"r"}\n');
    await put(`${session}/NOTES.md`, 'not json');
    await put('sandboxes/acme/ses_1/x', '');
    await put('tenants/acme/sessions/.trash-1/messages.jsonl', 'broken');
    expect(await scan({ listed: async () => new Set(['ses_1']) })).toEqual([]);
  });

  it('names file and line of torn and alien lines, and what belongs to nobody', async () => {
    await put(
      `${session}/messages.jsonl`,
      `${message(1)}\nnot json\n[]\n{"role":"alien"}\n\n${message(2)}\n{"role":"us`,
    );
    await put(`${session}/messages.compactions/0001.jsonl`, `${message(0)}\n\0\0\0\n`);
    await put('tenants/acme/sessions/ses_headless/messages.jsonl', `${message(1)}\n`);
    await put('tenants/acme/sessions/stray.txt', '');
    await put('sandboxes/acme/ses_gone/x', '');
    expect(short(await scan({ listed: async () => new Set(['ses_1', 'ses_ghost']) })).toSorted()).toEqual([
      'alien_file tenants/acme/sessions/stray.txt',
      `alien_line ${session}/messages.compactions/0001.jsonl 2`,
      `alien_line ${session}/messages.jsonl 2`,
      `alien_line ${session}/messages.jsonl 3`,
      `alien_line ${session}/messages.jsonl 4`,
      'index_difference tenants/acme/sessions/ses_ghost',
      'orphan_session tenants/acme/sessions/ses_headless',
      'orphan_workspace sandboxes/acme/ses_gone',
      `torn_line ${session}/messages.jsonl 7`,
    ]);
  });

  it('knows the damage of an older data directory', async () => {
    const fixture = fileURLToPath(new URL('./fixtures/agentrail-data', import.meta.url));
    await cp(fixture, dataDir, { recursive: true });
    const found = short(await scan());
    expect(found.filter((line) => line.includes('0d7f2c3e-whole') && !line.includes('/trace/'))).toEqual([]);
    expect(found.filter((line) => line.includes('5b1e-damaged')).length).toBeGreaterThan(0);
    expect(found).toContain('orphan_session tenants/default/sessions/77aa-headless');
  });

  it('can be ended at any time, and counts sessions as it goes', async () => {
    for (let n = 2; n < 10; n += 1) await cp(at(session), at(`tenants/acme/sessions/ses_${n}`), { recursive: true });
    const abort = new AbortController();
    const steps: string[] = [];
    const onStep = (done: number, total: number) => {
      steps.push(`${done}/${total}`);
      if (done === 3) abort.abort(new Error('enough'));
    };
    await expect(scan({ onStep, signal: abort.signal })).rejects.toThrow('enough');
    expect(steps).toEqual(['1/9', '2/9', '3/9']);
  });
});

describe('quarantine', () => {
  const damaged = `${message(1)}\nnot json\n${message(2)}\n{"role":"us`;

  it('takes bad lines and folders away, and puts all of it back as it was', async () => {
    await put(`${session}/messages.jsonl`, damaged);
    await put('tenants/acme/sessions/ses_headless/messages.jsonl', `${message(1)}\n`);
    const { id, quarantined, left } = await quarantine(await scan(), { dataDir, now });
    expect({ quarantined, left }).toEqual({ quarantined: 3, left: [] });
    expect(await read(`${session}/messages.jsonl`)).toBe(`${message(1)}\n${message(2)}\n`);
    expect(await readdir(at('tenants/acme/sessions'))).toEqual(['ses_1']);
    expect(await scan()).toEqual([]);
    expect(await listQuarantine(dataDir)).toEqual([{ id, at: now, items: 3, isPutBack: false }]);
    expect(await putBack(id, { dataDir, now })).toMatchObject({ quarantined: 3, left: [] });
    expect(await read(`${session}/messages.jsonl`)).toBe(damaged);
    expect(await readdir(at('tenants/acme/sessions'))).toEqual(['ses_1', 'ses_headless']);
    expect(await listQuarantine(dataDir)).toMatchObject([{ isPutBack: true }]);
  });

  it('leaves what changed since it was seen, and what a run is writing', async () => {
    await put(`${session}/messages.jsonl`, damaged);
    const seen = await scan();
    await put(`${session}/messages.jsonl`, damaged.replace('not json', 'other json'));
    const { quarantined, left } = await quarantine(seen, { dataDir, now });
    expect({ quarantined, left }).toMatchObject({ quarantined: 1, left: [{ line: 2 }] });
    const busy = await quarantine(await scan(), { dataDir, now, whileIdle: async () => false });
    expect(busy).toMatchObject({ quarantined: 0, left: [{ reason: 'A run is going on in the session.' }] });
    expect(await read(`${session}/messages.jsonl`)).toContain('other json');
  });

  it('puts lines back before what was appended since', async () => {
    await put(`${session}/messages.jsonl`, damaged);
    const { id } = await quarantine(await scan(), { dataDir, now });
    await appendFile(at(`${session}/messages.jsonl`), `${message(3)}\n`);
    await putBack(id, { dataDir, now });
    expect(await read(`${session}/messages.jsonl`)).toBe(`${damaged}\n${message(3)}\n`);
  });

  it('loses no byte of any file, whatever stands in it', async () => {
    const line = fc.oneof(
      fc.constantFrom(message(1), message(2), '', 'not json', '{"role":', '[]'),
      fc.string({ maxLength: 12 }).map((text) => text.replaceAll('\n', ' ')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.boolean(), async (lines, endsWhole) => {
        const content = lines.join('\n') + (endsWhole && lines.length > 0 ? '\n' : '');
        await put(`${session}/messages.jsonl`, content);
        const { id, quarantined } = await quarantine(await scan(), { dataDir, now });
        expect((await scan()).filter(({ kind }) => kind.endsWith('_line'))).toEqual([]);
        if (quarantined > 0) await putBack(id, { dataDir, now });
        expect(await read(`${session}/messages.jsonl`)).toBe(content);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves a session alone that was only being made when it was seen', async () => {
    await put('tenants/acme/sessions/ses_new/NOTES.md', '');
    const seen = await scan();
    expect(short(seen)).toEqual(['orphan_session tenants/acme/sessions/ses_new']);
    await put('tenants/acme/sessions/ses_new/session.jsonl', `${init.replace('ses_1', 'ses_new')}\n`);
    expect(await quarantine(seen, { dataDir, now })).toMatchObject({ quarantined: 0, left: [{}] });
    const tenant: IntegrityFinding = { kind: 'alien_file', path: 'tenants/acme', canQuarantine: true };
    expect(await quarantine([tenant], { dataDir, now })).toMatchObject({ quarantined: 0 });
  });

  it.each(['../outside', '/etc/passwd', '', 'vault.json', 'tenants/../vault.json', 'tenants/acme/sessions'])(
    'refuses the place %s',
    async (place) => {
      const finding: IntegrityFinding = { kind: 'alien_file', path: place, canQuarantine: true };
      await expect(quarantine([finding], { dataDir, now })).rejects.toMatchObject({ code: 'invalid_request' });
      await expect(putBack(place, { dataDir, now })).rejects.toMatchObject({ code: 'quarantine_not_found' });
    },
  );
});
